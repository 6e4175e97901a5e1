// timers.cc
//
// A map by time and order of setting.
#include "mockbroker/cluster/timers.h"

namespace rookery::mock {

void Timers::run(TimePoint now) {
  while (!due_.empty() && due_.begin()->first.first <= now) {
    const auto due = due_.extract(due_.begin());  // gone before it runs: it may set itself again
    due.mapped()();
  }
}

void Timer::set(Timers& timers, TimePoint at, Timers::Action action) {
  cancel();
  if (at == kNever) return;
  timers_ = &timers;
  key_ = {at, timers.next_sequence_++};
  timers.due_.emplace(key_, std::move(action));
}

void Timer::cancel() {
  if (timers_) timers_->due_.erase(key_);
  timers_ = nullptr;
}

}  // namespace rookery::mock
