// reaper.h
//
// Finishes what librdkafka is late with, on a thread of its own, so that close keeps its deadline.
//
// The thread starts with the first job and ends with stop(). A call that may never return has a
// thread of its own, which is left behind if it does not: rd_kafka_destroy waits for ever when
// something still refers to a partition, which happens inside librdkafka, too (its issues 3954,
// 4362, 4674). Thread rules: any thread.
#pragma once

#include <rookery/runtime/atomic.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>

#include <chrono>
#include <cstddef>
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
  bool is_open() const;

 private:
  mutable Mutex mutex_{"librdkafka.latch", ranks::kLeaf};
  ConditionVariable opened_{"librdkafka.latch"};
  bool is_open_ = false;
};

class Reaper {
 public:
  // One step of the work, at most 50 ms long; true when all is done. With `is_stopping` it must end
  // now.
  using Job = std::function<bool(bool is_stopping)>;

  // `patience`: how long stop() waits for the calls that run apart.
  explicit Reaper(Duration patience = std::chrono::seconds(10)) : patience_(patience) {}
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;
  ~Reaper() { stop(); }

  // After stop() the job is done at once, by the caller.
  void adopt(Job job);
  // Makes a call that may never return. After stop() it is made by the caller.
  void run_apart(std::function<void()> call);
  // Ends every job and the thread, and waits for the calls that run apart, but no longer than the
  // patience: what has not returned by then never will, and keeps its thread and its memory.
  void stop();
  // How many calls stop() has left behind.
  std::size_t left_behind() const;

 private:
  struct Apart {
    std::shared_ptr<Atomic<bool>> has_returned;
    Thread thread;
  };

  void run();

  const Duration patience_;
  mutable Mutex mutex_{"librdkafka.reaper", ranks::kLeaf};
  ConditionVariable changed_{"librdkafka.reaper"};
  std::vector<Job> jobs_;
  bool is_stopped_ = false;
  bool is_over_ = false;
  Thread thread_;
  std::vector<std::unique_ptr<Apart>> apart_;
  std::size_t left_behind_ = 0;
};

}  // namespace rookery::librdkafka
