// event_publisher.h
//
// Through it a server publishes its events: a listener that runs out of memory stops the server in
// order, as a consumer does.
//
// Thread rules: any thread, no lock held; on_bad_alloc is called on the thread that published.
#pragma once

#include <rookery/instrumentation/events.h>

#include <functional>
#include <utility>

namespace rookery {

class EventPublisher {
 public:
  // The monitor outlives it.
  EventPublisher(const Monitor& monitor, std::function<void()> on_bad_alloc)
      : monitor_(monitor), on_bad_alloc_(std::move(on_bad_alloc)) {}

  bool wants(EventKind kind) const { return monitor_.wants(kind); }
  void publish(const Event& event) const {
    if (!monitor_.publish(event)) on_bad_alloc_();
  }

 private:
  const Monitor& monitor_;
  const std::function<void()> on_bad_alloc_;
};

}  // namespace rookery
