// held_locks.h
//
// The locks one thread or fiber holds, and the rules about them: ranks strictly ascend, only the
// owner unlocks, a wait holds no second lock, a callback is entered with none. One instance for
// each fiber, and in debug builds for each OS thread. A rule that is broken comes back as a
// sentence naming the locks; empty means fine.
//
// Not thread-safe: each belongs to its thread.

#pragma once

#include <array>
#include <cstddef>
#include <string>

#include <rookery/runtime/fiber_runtime.h>

namespace rookery {

class HeldLocks {
 public:
  static constexpr std::size_t kMost = 16;

  std::size_t size() const { return size_; }
  const MutexState& operator[](std::size_t index) const { return *locks_[index]; }

  // Before lock(): the rank rule, and locking twice.
  std::string check_lock(const MutexState& mutex) const {
    if (size_ == 0) [[likely]]
      return {};
    return check_lock_among_others(mutex);
  }
  // Before try_lock(), which cannot wait and so is free of the rank rule; only locking twice is
  // wrong.
  std::string check_try_lock(const MutexState& mutex) const;
  // Before a wait on a condition with `mutex`.
  std::string check_wait(const MutexState& mutex, const char* condition) const {
    if (size_ == 1 && locks_[0] == &mutex) [[likely]]
      return {};
    return describe_bad_wait(mutex, condition);
  }
  // Before `what`, a callback of the user's, is entered.
  std::string check_none(const char* what) const;

  // After the lock was taken. Room was checked by check_lock or check_try_lock.
  void add(const MutexState& mutex) { locks_[size_++] = &mutex; }
  // Before the lock is given back. False: it is not held by this thread.
  bool remove(const MutexState& mutex) {
    if (size_ > 0 && locks_[size_ - 1] == &mutex) [[likely]] {
      --size_;
      return true;
    }
    return remove_inner(mutex);
  }

 private:
  std::string check_lock_among_others(const MutexState& mutex) const;
  std::string describe_bad_wait(const MutexState& mutex, const char* condition) const;
  bool remove_inner(const MutexState& mutex);

  std::array<const MutexState*, kMost> locks_{};
  std::size_t size_ = 0;
};

}  // namespace rookery
