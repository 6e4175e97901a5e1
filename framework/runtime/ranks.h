// ranks.h
//
// The order in which locks may be taken: a thread that holds a mutex may only lock one of a
// strictly greater rank. Outermost first. Leave gaps; add a constant with a word on why it stands
// where it does.

#pragma once

namespace rookery::ranks {

// Application and control plane: may call down into everything below.
inline constexpr int kApp = 100;
inline constexpr int kGroupControl = 200;

// Transports. The in-process client's I/O lock is taken before its coordinator's (design: lock
// order CL before CO).
inline constexpr int kTransport = 300;
// A producer's send buffer: asks the client and its metadata while held.
inline constexpr int kProducer = 305;
inline constexpr int kAdmin = 305;
inline constexpr int kClient = 310;
inline constexpr int kCoordinator = 320;
// What one client knows (leaders, fetch sessions): asked while group state is held, asks nobody.
inline constexpr int kFetcher = 340;
inline constexpr int kMetadata = 350;
inline constexpr int kCluster = 400;
inline constexpr int kStream = 450;
// A client's replies and wakes: a stream's `ready` callback may wake its client.
inline constexpr int kInbox = 460;

// `ready` callbacks of a stream run under the transport's lock and enqueue here, so these come
// after it.
// Whose record it is: outputs are registered with the partition while held.
inline constexpr int kCompletion = 480;
inline constexpr int kPartition = 500;
inline constexpr int kWorkerPool = 600;
inline constexpr int kTimers = 650;

// Locks that guard one small thing and under which nothing else is called.
inline constexpr int kInstrumentation = 800;
inline constexpr int kLog = 900;
inline constexpr int kLeaf = 1000;

}  // namespace rookery::ranks
