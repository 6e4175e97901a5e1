// condition_variable.h
//
// Waiting for a predicate under a mutex, up to a deadline.
//
//   MutexLock lock(mutex_);
//   if (!changed_.wait_until(lock, deadline, [&] { return is_stopped_; })) ... // the deadline came
//   first
//
// There is no wait without predicate or deadline; `kNever` is a deadline. A wait ends by notify or
// deadline and is never sliced, so a missed notify shows. The waiting thread must hold no second
// lock: checked like ranks are (mutex.h). Notify with or without the mutex held. Must not be
// destroyed while a thread waits.

#pragma once

#include <condition_variable>

#include <rookery/runtime/mutex.h>
#include <rookery/runtime/time_types.h>

namespace rookery {

class ConditionVariable {
 public:
  // The name is a literal: it appears in deadlock reports.
  explicit ConditionVariable(const char* name) : state_(name) {}
  ConditionVariable(const ConditionVariable&) = delete;
  ConditionVariable& operator=(const ConditionVariable&) = delete;
  ~ConditionVariable() {
    if (state_.run == 0) return;
    if (FiberRuntime* runtime = current_runtime()) runtime->destroyed(state_);
  }

  // The lock must be held, and is held again on return, also when the predicate throws. Returns the
  // predicate's last answer: false only once the deadline has passed. A deadline already past
  // evaluates the predicate once.
  template <class Predicate>
  bool wait_until(MutexLock& lock, TimePoint deadline, Predicate predicate) {
    while (!predicate()) {
      if (!wait_once(lock.mutex_, deadline)) return predicate();
    }
    return true;
  }

  void notify_one() {
    if (FiberRuntime* runtime = current_runtime()) [[unlikely]] {
      runtime->notify_one(state_);
      return;
    }
    os_condition_.notify_one();
  }

  void notify_all() {
    if (FiberRuntime* runtime = current_runtime()) [[unlikely]] {
      runtime->notify_all(state_);
      return;
    }
    os_condition_.notify_all();
  }

  const char* name() const { return state_.name; }

 private:
  bool wait_once(Mutex& mutex, TimePoint deadline) {
    if (FiberRuntime* runtime = current_runtime()) [[unlikely]] {
      return runtime->wait(state_, mutex.state_, deadline);
    }
    return os_wait_once(mutex, deadline);
  }
  // False: the deadline has passed.
  bool os_wait_once(Mutex& mutex, TimePoint deadline);

  std::condition_variable os_condition_;
  ConditionState state_;
};

}  // namespace rookery
