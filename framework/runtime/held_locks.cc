// held_locks.cc
//
// The sentences for broken lock rules, away from the fast paths.

#include <rookery/runtime/held_locks.h>

namespace rookery {
namespace {

std::string quoted(const MutexState& mutex) {
  return "\"" + std::string(mutex.name) + "\" (rank " + std::to_string(mutex.rank) + ")";
}

}  // namespace

std::string HeldLocks::check_lock_among_others(const MutexState& mutex) const {
  std::string problem = check_try_lock(mutex);
  if (!problem.empty()) return problem;
  for (std::size_t i = 0; i < size_; ++i) {
    if (locks_[i]->rank >= mutex.rank) {
      return "lock order: " + quoted(mutex) + " is locked while " + quoted(*locks_[i]) +
             " is held; ranks must strictly ascend";
    }
  }
  return {};
}

std::string HeldLocks::check_try_lock(const MutexState& mutex) const {
  for (std::size_t i = 0; i < size_; ++i) {
    if (locks_[i] == &mutex) {
      return quoted(mutex) + " is locked a second time by the thread that holds it";
    }
  }
  if (size_ == kMost) {
    return quoted(mutex) + " would be lock number " + std::to_string(kMost + 1) +
           " held by one thread";
  }
  return {};
}

std::string HeldLocks::describe_bad_wait(const MutexState& mutex, const char* condition) const {
  bool is_held = false;
  for (std::size_t i = 0; i < size_; ++i) is_held = is_held || locks_[i] == &mutex;
  const std::string wait =
      "wait on condition \"" + std::string(condition) + "\" with mutex " + quoted(mutex);
  if (!is_held) return wait + ", which the thread does not hold";
  for (std::size_t i = 0; i < size_; ++i) {
    if (locks_[i] != &mutex) return wait + " while also holding " + quoted(*locks_[i]);
  }
  return {};
}

std::string HeldLocks::check_none(const char* what) const {
  if (size_ == 0) return {};
  return std::string(what) + " is entered while " + quoted(*locks_[size_ - 1]) + " is held";
}

bool HeldLocks::remove_inner(const MutexState& mutex) {
  for (std::size_t i = 0; i < size_; ++i) {
    if (locks_[i] != &mutex) continue;
    for (std::size_t j = i + 1; j < size_; ++j) locks_[j - 1] = locks_[j];
    --size_;
    return true;
  }
  return false;
}

}  // namespace rookery
