// completion_count.h
//
// How many records of a connection are finished by somebody else, outside the workers. While there
// is one, what its finishing touches must stay.
//
// Thread rules: any thread.
#pragma once

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>

#include <cstddef>

namespace rookery {

class CompletionCount {
 public:
  // False: closed, nothing is to be touched any more.
  bool enter() {
    MutexLock lock(mutex_);
    if (is_closed_) return false;
    ++inside_;
    return true;
  }
  void leave() {
    MutexLock lock(mutex_);
    if (--inside_ == 0) left_.notify_all();
  }
  // Waits until nobody is inside.
  void close() {
    MutexLock lock(mutex_);
    left_.wait_until(lock, kNever, [this] { return inside_ == 0; });
    is_closed_ = true;
  }

 private:
  Mutex mutex_{"completion_count", ranks::kLeaf};  // guards what follows
  ConditionVariable left_{"completion_count.left"};
  std::size_t inside_ = 0;
  bool is_closed_ = false;
};

}  // namespace rookery
