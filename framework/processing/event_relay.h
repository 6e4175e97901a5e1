// event_relay.h
//
// Tells listeners of a connection's events on a worker instead of on its control thread: a listener
// that is slow keeps others waiting for their events, and never the polling.
//
// Order is kept. At most kWaitingMost events wait; what comes on top is dropped, and counted in an
// error.occurred when there is room again. Thread rules: any thread, no lock held.
#pragma once

#include <rookery/processing/event_publisher.h>
#include <rookery/processing/worker_pool.h>
#include <rookery/runtime/mutex.h>

#include <cstdint>
#include <deque>

namespace rookery {

class EventRelay final : public Task {
 public:
  static constexpr std::size_t kWaitingMost = 10'000;

  // Both outlive it.
  EventRelay(const EventPublisher& events, WorkerPool& pool) : events_(events) { attach_to(pool); }

  void publish(Event event);
  // Tells what still waits, on the calling thread: once the pool has stopped.
  void flush();

 private:
  void step() override { flush(); }

  const EventPublisher& events_;
  Mutex mutex_{"event_relay", ranks::kLeaf};  // guards what follows
  std::deque<Event> waiting_;
  std::uint64_t dropped_ = 0;
};

}  // namespace rookery
