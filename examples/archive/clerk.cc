// clerk.cc
//
// Work is done without the lock.

#include "examples/archive/clerk.h"

#include <rookery/runtime/time.h>

#include <utility>

namespace archive {

Clerk::~Clerk() {
  {
    rookery::MutexLock lock(mutex_);
    is_stopped_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Clerk::add(rookery::TimePoint due, std::function<void()> work) {
  rookery::MutexLock lock(mutex_);
  calendar_.emplace(due, std::move(work));
  if (!thread_.joinable()) thread_ = rookery::Thread("clerk", [this] { run(); });
  changed_.notify_all();
}

void Clerk::run() {
  rookery::MutexLock lock(mutex_);
  while (!is_stopped_) {
    const rookery::TimePoint due = calendar_.empty() ? rookery::kNever : calendar_.begin()->first;
    if (rookery::now() < due) {
      changed_.wait_until(lock, due, [&] {
        return is_stopped_ || (!calendar_.empty() && calendar_.begin()->first < due);
      });
      continue;
    }
    const std::function<void()> work = std::move(calendar_.begin()->second);
    calendar_.erase(calendar_.begin());
    lock.unlock();
    work();
    lock.lock();
  }
}

}  // namespace archive
