// group_state.h
//
// What the threads of one group member share, behind one lock: CO of coordination.md.
//
// Lock order: CL (NetworkClient) before CO. Nothing is sent and no handler runs while CO is held;
// streams, fetcher and metadata may be asked (their ranks are greater).
#pragma once

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/transport/group_consumer.h>

#include <chrono>
#include <string>
#include <vector>

#include "mockbroker/protocol/protocol.h"

namespace rookery::mock {

enum class OffsetReset { kEarliest, kLatest, kError };

struct GroupSettings {
  std::string group_id;
  std::string group_instance_id;  // empty: a dynamic member
  std::vector<std::string> strategies = {"range", "roundrobin"};
  Duration session_timeout = std::chrono::seconds(45);
  Duration heartbeat_interval = std::chrono::seconds(3);
  Duration max_poll_interval = std::chrono::minutes(5);
  Duration request_timeout = std::chrono::seconds(30);
  // The most a commit may take, with its retries (as Kafka's default.api.timeout.ms).
  Duration api_timeout = std::chrono::seconds(60);
  Duration retry_backoff = std::chrono::milliseconds(100);
  OffsetReset offset_reset = OffsetReset::kLatest;
  std::size_t offset_metadata_most = 4096;
};

// A part of a thread's drive of I/O lasts at most so long, so that a stop is noticed.
inline constexpr Duration kIoSliceMost = std::chrono::milliseconds(200);

struct GroupLock {
  Mutex mutex{"mock.coordinator", ranks::kCoordinator};
  // Notified when something H waits for changed.
  ConditionVariable changed{"mock.coordinator.changed"};
};

// What poll_events will answer. Guarded by CO.
using EventQueue = std::vector<GroupEvent>;

// Who we are in a request to the coordinator.
struct MemberIdentity {
  std::int32_t generation = -1;
  std::string member_id;
  friend bool operator==(const MemberIdentity&, const MemberIdentity&) = default;
};

}  // namespace rookery::mock
