// bounded_sender.h
//
// A producer client whose full buffer is waited for instead of answered: what the producer façade
// and consumers' outputs share.
//
// Thread rules: any thread.
#pragma once

#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/transport/transport.h>

#include <functional>
#include <memory>
#include <optional>

namespace rookery {

class BoundedSender {
 public:
  // The handlers as in ProducerOptions.
  static Result<std::unique_ptr<BoundedSender>> make(Transport& transport, ConfigMap config,
                                                     DeliveryHandler on_delivery,
                                                     ProducerErrorHandler on_error = {},
                                                     ProducerRestoredHandler on_restored = {});

  // Waits while the buffer is full, to the deadline (without one for `patience`) or until give_up()
  // answers an error. Then kQueueFull, naming the topic, the time waited and what is full. From a
  // delivery handler of the same sender nothing is waited for: while it waits no report comes.
  Status send(const OutgoingRecord& record, DeliveryToken token, std::optional<TimePoint> deadline,
              Duration patience, const std::function<Status()>& give_up = {});

  // Makes waiting senders ask give_up() again.
  void wake();

  ProducerClient& client() { return *client_; }

  // Whether the calling thread runs a delivery handler of this sender.
  static bool is_reporting(const void* sender);

 private:
  BoundedSender() = default;
  Status wait_and_send(const OutgoingRecord& record, DeliveryToken token, TimePoint deadline,
                       const std::function<Status()>& give_up);
  void report(std::span<const DeliveryReport> reports);

  DeliveryHandler on_delivery_;
  Mutex mutex_{"bounded_sender", ranks::kLeaf};
  ConditionVariable changed_{"bounded_sender.changed"};
  std::uint64_t changes_ = 0;  // deliveries and wakes
  std::size_t waiting_ = 0;
  std::unique_ptr<ProducerClient> client_;  // last: its end still reports
};

}  // namespace rookery
