// condition_variable.cc
//
// The operating system's side of a wait.

#include <rookery/runtime/condition_variable.h>

#include <chrono>

namespace rookery {

bool ConditionVariable::os_wait_once(Mutex& mutex, TimePoint deadline) {
  if constexpr (detail::kCheckLocksOnOsThreads) {
    detail::os_before_wait(mutex.state_, state_.name);
    detail::os_before_unlock(mutex.state_);
  }
  std::unique_lock<std::mutex> lock(mutex.os_mutex_, std::adopt_lock);
  bool is_in_time = true;
  if (deadline == kNever) {
    os_condition_.wait(lock);
  } else {
    // Monotonic counts from the same origin as steady_clock: see os_now().
    const std::chrono::steady_clock::time_point os_deadline(deadline.time_since_epoch());
    is_in_time = os_condition_.wait_until(lock, os_deadline) == std::cv_status::no_timeout;
  }
  lock.release();
  if constexpr (detail::kCheckLocksOnOsThreads) detail::os_after_lock(mutex.state_);
  return is_in_time;
}

}  // namespace rookery
