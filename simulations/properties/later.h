// later.h
//
// What user code hands its waiting work to: a thread that does each piece when its time has come.
//
// Thread rules: add() from any thread. Begins with the first piece; ends with the last consumer
// that knows it.
#pragma once

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <functional>
#include <map>
#include <utility>

namespace rookery::sim {

class Later {
 public:
  Later() = default;
  ~Later() {
    {
      MutexLock lock(mutex_);
      is_stopped_ = true;
      changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;

  // The work must not throw; it is done without a lock.
  void add(TimePoint due, std::function<void()> work) {
    MutexLock lock(mutex_);
    due_.emplace(due, std::move(work));
    if (!thread_.joinable()) thread_ = Thread("later", [this] { run(); });
    changed_.notify_all();
  }

 private:
  void run() {
    MutexLock lock(mutex_);
    while (!is_stopped_) {
      const TimePoint next = due_.empty() ? kNever : due_.begin()->first;
      if (now() < next) {
        changed_.wait_until(lock, next, [&] {
          return is_stopped_ || (!due_.empty() && due_.begin()->first < next);
        });
        continue;
      }
      const std::function<void()> work = std::move(due_.begin()->second);
      due_.erase(due_.begin());
      lock.unlock();
      work();
      lock.lock();
    }
  }

  Mutex mutex_{"later", ranks::kApp};  // guards what follows
  ConditionVariable changed_{"later.changed"};
  std::multimap<TimePoint, std::function<void()>> due_;
  bool is_stopped_ = false;
  Thread thread_;
};

}  // namespace rookery::sim
