// event_relay.cc
//
// A queue between threads that must not wait and listeners that may take long.
#include <rookery/processing/event_relay.h>

#include <string>
#include <utility>

namespace rookery {

void EventRelay::publish(Event event) {
  {
    MutexLock lock(mutex_);
    if (waiting_.size() == kWaitingMost) {
      ++dropped_;
      return;
    }
    waiting_.push_back(std::move(event));
  }
  schedule();
}

void EventRelay::flush() {
  for (;;) {
    std::deque<Event> told;
    std::uint64_t dropped = 0;
    {
      MutexLock lock(mutex_);
      told.swap(waiting_);
      dropped = std::exchange(dropped_, 0);
    }
    if (told.empty()) return;
    for (const Event& event : told) events_.publish(event);
    if (dropped > 0) {
      events_.publish(
          {.kind = EventKind::kErrorOccurred,
           .origin = told.back().origin,
           .message = std::to_string(dropped) + " events were dropped: listeners are too slow",
           .error_type = "listener",
           .error_class = "EventsDropped",
           .group = told.back().group});
    }
  }
}

}  // namespace rookery
