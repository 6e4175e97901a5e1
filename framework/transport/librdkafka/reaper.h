// reaper.h
//
// Finishes what librdkafka is late with, on a thread of its own, so that close keeps its deadline.
//
// The thread starts with the first job and ends with stop(). Thread rules: any thread.
#pragma once

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>

#include <functional>
#include <memory>
#include <vector>

namespace rookery::librdkafka {

// Opens once; whoever waits for it goes on.
class Latch {
 public:
  void open();
  // False: the deadline came first.
  bool wait_until(TimePoint deadline);

 private:
  Mutex mutex_{"librdkafka.latch", ranks::kLeaf};
  ConditionVariable opened_{"librdkafka.latch"};
  bool is_open_ = false;
};

class Reaper {
 public:
  // One step of the work, at most 50 ms long; true when all is done. With `is_stopping` it must end
  // now.
  using Job = std::function<bool(bool is_stopping)>;

  Reaper() = default;
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;
  ~Reaper() { stop(); }

  // After stop() the job is done at once, by the caller.
  void adopt(Job job);
  // Ends every job and the thread.
  void stop();

 private:
  void run();

  Mutex mutex_{"librdkafka.reaper", ranks::kLeaf};
  ConditionVariable changed_{"librdkafka.reaper"};
  std::vector<Job> jobs_;
  bool is_stopped_ = false;
  Thread thread_;
};

}  // namespace rookery::librdkafka
