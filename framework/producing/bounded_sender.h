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

namespace rookery {

class BoundedSender {
 public:
  // on_delivery as in ProducerOptions.
  static Result<std::unique_ptr<BoundedSender>> make(Transport& transport, ConfigMap config,
                                                     DeliveryHandler on_delivery);

  // Waits while the buffer is full, to the deadline (kQueueFull then) or until give_up() answers an
  // error. Not to be called from a delivery handler: while it waits no report comes.
  Status send(const OutgoingRecord& record, DeliveryToken token, TimePoint deadline,
              const std::function<Status()>& give_up = {});

  // Makes waiting senders ask give_up() again.
  void wake();

  ProducerClient& client() { return *client_; }

 private:
  BoundedSender() = default;
  Status wait_and_send(const OutgoingRecord& record, DeliveryToken token, TimePoint deadline,
                       const std::function<Status()>& give_up);

  DeliveryHandler on_delivery_;
  Mutex mutex_{"bounded_sender", ranks::kLeaf};
  ConditionVariable changed_{"bounded_sender.changed"};
  std::uint64_t changes_ = 0;  // deliveries and wakes
  std::size_t waiting_ = 0;
  std::unique_ptr<ProducerClient> client_;  // last: its end still reports
};

}  // namespace rookery
