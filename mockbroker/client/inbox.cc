// inbox.cc
//
// Replies in order of arrival.
#include "mockbroker/client/inbox.h"

#include <utility>

namespace rookery::mock {

// Notified without the lock: who wakes up would only wait for it.

void Inbox::push(Reply reply) {
  {
    MutexLock lock(mutex_);
    replies_.push_back(std::move(reply));
  }
  arrived_.notify_all();
}

void Inbox::wake() {
  {
    MutexLock lock(mutex_);
    ++wakes_;
  }
  arrived_.notify_all();
}

void Inbox::wake_others(Waiter& waiter) {
  {
    MutexLock lock(mutex_);
    // A wake this waiter has not seen yet stays unseen.
    if (waiter.seen_ == wakes_) ++waiter.seen_;
    ++wakes_;
  }
  arrived_.notify_all();
}

std::vector<Reply> Inbox::receive(TimePoint deadline, Waiter& waiter) {
  MutexLock lock(mutex_);
  arrived_.wait_until(lock, deadline, [&] { return waiter.seen_ != wakes_ || !replies_.empty(); });
  waiter.seen_ = wakes_;
  return std::exchange(replies_, {});
}

}  // namespace rookery::mock
