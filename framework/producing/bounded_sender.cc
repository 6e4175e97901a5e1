// bounded_sender.cc
//
// A sender that found the buffer full waits for the next delivery report, then tries again.
#include <rookery/producing/bounded_sender.h>

#include <utility>

namespace rookery {

Result<std::unique_ptr<BoundedSender>> BoundedSender::make(Transport& transport, ConfigMap config,
                                                           DeliveryHandler on_delivery) {
  std::unique_ptr<BoundedSender> sender(new BoundedSender());
  sender->on_delivery_ = std::move(on_delivery);
  auto client = transport.make_producer(
      {.config = std::move(config),
       .on_delivery = [self = sender.get()](std::span<const DeliveryReport> reports) {
         self->on_delivery_(reports);
         self->wake();
       }});
  if (!client) return fail(client.error());
  sender->client_ = std::move(*client);
  return sender;
}

Status BoundedSender::send(const OutgoingRecord& record, DeliveryToken token, TimePoint deadline,
                           const std::function<Status()>& give_up) {
  Status sent = client_->send(record, token);
  if (sent || sent.error().code != ErrorCode::kQueueFull) return sent;
  return wait_and_send(record, token, deadline, give_up);
}

Status BoundedSender::wait_and_send(const OutgoingRecord& record, DeliveryToken token,
                                    TimePoint deadline, const std::function<Status()>& give_up) {
  for (;;) {
    std::uint64_t seen;
    {
      MutexLock lock(mutex_);
      ++waiting_;
      seen = changes_;
    }
    // Tried again after counting ourselves as waiting: a report between the two is seen.
    Status sent = client_->send(record, token);
    const bool is_full = !sent && sent.error().code == ErrorCode::kQueueFull;
    if (is_full && give_up) {
      if (Status ended = give_up(); !ended) sent = std::move(ended);
    }
    MutexLock lock(mutex_);
    bool is_changed = true;
    if (!sent && sent.error().code == ErrorCode::kQueueFull) {
      is_changed = changed_.wait_until(lock, deadline, [&] { return changes_ != seen; });
    }
    --waiting_;
    if (sent || sent.error().code != ErrorCode::kQueueFull || !is_changed) return sent;
  }
}

void BoundedSender::wake() {
  MutexLock lock(mutex_);
  ++changes_;
  if (waiting_ > 0) changed_.notify_all();
}

}  // namespace rookery
