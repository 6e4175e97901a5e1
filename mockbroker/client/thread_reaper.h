// thread_reaper.h
//
// Joins threads that their owner could not wait for: a heartbeat thread that is late, or that runs
// its own consumer's destructor. Belongs to what outlives all clients: their transport.
//
// Thread rules: any thread.
#pragma once

#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/thread.h>

#include <vector>

namespace rookery::mock {

class ThreadReaper {
 public:
  ThreadReaper() = default;
  ThreadReaper(const ThreadReaper&) = delete;
  ThreadReaper& operator=(const ThreadReaper&) = delete;
  // Waits for all: each was told to end, and ends by itself within a slice of I/O.
  ~ThreadReaper();

  void adopt(Thread thread);

 private:
  Mutex mutex_{"mock.thread_reaper", ranks::kLeaf};
  std::vector<Thread> threads_;
};

}  // namespace rookery::mock
