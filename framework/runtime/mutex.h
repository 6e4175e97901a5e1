// mutex.h
//
// A mutex that knows its name and its rank, and the scope that holds it.
//
//   Mutex mutex_{"worker_pool", ranks::kWorkerPool};
//   { MutexLock lock(mutex_); ... }
//
// Rule of ranks (ranks.h): a thread may only lock a mutex whose rank is strictly greater than that
// of each it holds. Checked always on fibers, and on OS threads in builds with ROOKERY_CHECK_LOCKS
// (all but -c opt); a violation names both mutexes and ends the simulated run, or aborts the
// process. try_lock() does not wait, and is free of the rule. On fibers the graph of locks, by
// mutex name, is recorded too, and a cycle fails the run.
//
// Names are literals: they must outlive the mutex. Not recursive. A mutex must not be destroyed
// while held.

#pragma once

#include <mutex>

#include <rookery/runtime/fiber_runtime.h>
#include <rookery/runtime/ranks.h>

namespace rookery {

class Mutex;

namespace detail {
// Told by the build and not by NDEBUG: who uses an installed library may be built without it.
#ifdef ROOKERY_CHECK_LOCKS
inline constexpr bool kCheckLocksOnOsThreads = true;
#else
inline constexpr bool kCheckLocksOnOsThreads = false;
#endif
// The book of locks that an OS thread holds; each aborts with a message when a rule is broken.
void os_before_lock(const MutexState& mutex);
void os_before_try_lock(const MutexState& mutex);
void os_after_lock(const MutexState& mutex);
void os_before_unlock(const MutexState& mutex);
void os_before_wait(const MutexState& mutex, const char* condition);
void os_assert_no_locks_held(const char* what);
}  // namespace detail

class Mutex {
 public:
  constexpr Mutex(const char* name, int rank) : state_(name, rank) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  ~Mutex() {
    if (state_.run == 0) return;
    if (FiberRuntime* runtime = current_runtime()) runtime->destroyed(state_);
  }

  void lock() {
    if (FiberRuntime* runtime = current_runtime()) [[unlikely]] {
      runtime->lock(state_);
      return;
    }
    if constexpr (detail::kCheckLocksOnOsThreads) detail::os_before_lock(state_);
    os_mutex_.lock();
    if constexpr (detail::kCheckLocksOnOsThreads) detail::os_after_lock(state_);
  }

  bool try_lock() {
    if (FiberRuntime* runtime = current_runtime()) [[unlikely]]
      return runtime->try_lock(state_);
    if constexpr (detail::kCheckLocksOnOsThreads) detail::os_before_try_lock(state_);
    const bool is_locked = os_mutex_.try_lock();
    if constexpr (detail::kCheckLocksOnOsThreads) {
      if (is_locked) detail::os_after_lock(state_);
    }
    return is_locked;
  }

  void unlock() {
    if (FiberRuntime* runtime = current_runtime()) [[unlikely]] {
      runtime->unlock(state_);
      return;
    }
    if constexpr (detail::kCheckLocksOnOsThreads) detail::os_before_unlock(state_);
    os_mutex_.unlock();
  }

  const char* name() const { return state_.name; }
  int rank() const { return state_.rank; }

 private:
  friend class ConditionVariable;

  std::mutex os_mutex_;
  MutexState state_;
};

// Holds a mutex for a scope. May give it back early and take it again. Belongs to one thread.
class [[nodiscard]] MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) : mutex_(mutex) { lock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  ~MutexLock() {
    if (is_owner_) mutex_.unlock();
  }

  // Only when not owns().
  void lock() {
    mutex_.lock();
    is_owner_ = true;
  }
  // Only when owns().
  void unlock() {
    is_owner_ = false;
    mutex_.unlock();
  }
  bool owns() const { return is_owner_; }

 private:
  friend class ConditionVariable;

  Mutex& mutex_;
  bool is_owner_ = false;
};

// To be called before any callback of the user's is entered: no lock of ours may be held there.
// Fails the simulated run, or aborts a debug build, naming `what` and the lock; does nothing on OS
// threads of a release build.
inline void assert_no_locks_held(const char* what) {
  if (FiberRuntime* runtime = current_runtime()) [[unlikely]] {
    runtime->assert_no_locks_held(what);
    return;
  }
  if constexpr (detail::kCheckLocksOnOsThreads) detail::os_assert_no_locks_held(what);
}

}  // namespace rookery
