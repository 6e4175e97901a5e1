// completion_count.h
//
// How many records of a connection are finished by somebody else, outside the workers. While there
// is one, what its finishing touches must stay.
//
// Thread rules: any thread.
#pragma once

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace rookery {

// Has something left to let go of when no worker comes any more.
class Leftover {
 public:
  virtual void let_go() = 0;

 protected:
  ~Leftover() = default;
};

class CompletionCount {
 public:
  // It is asked to let go at the close, if it still exists.
  void watch(const std::shared_ptr<Leftover>& leftover) {
    MutexLock lock(mutex_);
    // Not each time: there may be as many as lanes.
    if (leftovers_.size() >= tidy_at_) {
      std::erase_if(leftovers_, [](const auto& other) { return other.expired(); });
      tidy_at_ = std::max(kTidyAtLeast, 2 * leftovers_.size());
    }
    leftovers_.push_back(leftover);
  }
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
  // Waits until nobody is inside. The workers have ended: what they would have let go of, had they
  // come to it, is let go of here.
  void close() {
    std::vector<std::weak_ptr<Leftover>> leftovers;
    {
      MutexLock lock(mutex_);
      left_.wait_until(lock, kNever, [this] { return inside_ == 0; });
      is_closed_ = true;
      leftovers.swap(leftovers_);
    }
    for (const auto& weak : leftovers) {
      if (const std::shared_ptr<Leftover> leftover = weak.lock()) leftover->let_go();
    }
  }

 private:
  static constexpr std::size_t kTidyAtLeast = 64;

  Mutex mutex_{"completion_count", ranks::kLeaf};  // guards what follows
  ConditionVariable left_{"completion_count.left"};
  std::size_t inside_ = 0;
  bool is_closed_ = false;
  std::vector<std::weak_ptr<Leftover>> leftovers_;
  std::size_t tidy_at_ = kTidyAtLeast;  // so many of them
};

}  // namespace rookery
