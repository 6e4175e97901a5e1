// bounded_sender.cc
//
// A sender that found the buffer full waits for the next delivery report, then tries again.
#include <rookery/producing/bounded_sender.h>

#include <rookery/base/duration.h>
#include <rookery/runtime/fiber_local.h>
#include <rookery/runtime/time.h>

#include <string>
#include <utility>

namespace rookery {
namespace {

// Whose delivery handler runs on this thread.
FiberLocal<const void*> reporting;

bool is_full(const Status& sent) { return !sent && sent.error().code == ErrorCode::kQueueFull; }

Status refused(const OutgoingRecord& record, Duration waited, const Error& full) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(waited);
  return fail(ErrorCode::kQueueFull, std::string(record.topic) + ": no room in the send buffer, " +
                                         format_duration(milliseconds) +
                                         " waited: " + full.message);
}

}  // namespace

Result<std::unique_ptr<BoundedSender>> BoundedSender::make(Transport& transport, ConfigMap config,
                                                           DeliveryHandler on_delivery,
                                                           ProducerErrorHandler on_error,
                                                           ProducerRestoredHandler on_restored) {
  std::unique_ptr<BoundedSender> sender(new BoundedSender());
  sender->on_delivery_ = std::move(on_delivery);
  auto client = transport.make_producer(
      {.config = std::move(config),
       .on_delivery = [self = sender.get()](
                          std::span<const DeliveryReport> reports) { self->report(reports); },
       .on_error = std::move(on_error),
       .on_restored = std::move(on_restored)});
  if (!client) return fail(client.error());
  sender->client_ = std::move(*client);
  return sender;
}

bool BoundedSender::is_reporting(const void* sender) { return *reporting == sender; }

void BoundedSender::report(std::span<const DeliveryReport> reports) {
  const void* const outer = std::exchange(*reporting, this);
  on_delivery_(reports);
  *reporting = outer;
  wake();
}

Status BoundedSender::send(const OutgoingRecord& record, DeliveryToken token,
                           std::optional<TimePoint> deadline, Duration patience,
                           const std::function<Status()>& give_up) {
  Status sent = client_->send(record, token);
  if (!is_full(sent)) return sent;
  if (is_reporting(this)) return refused(record, Duration::zero(), sent.error());
  return wait_and_send(record, token, deadline ? *deadline : deadline_in(patience), give_up);
}

Status BoundedSender::wait_and_send(const OutgoingRecord& record, DeliveryToken token,
                                    TimePoint deadline, const std::function<Status()>& give_up) {
  const TimePoint began = now();
  for (;;) {
    std::uint64_t seen;
    {
      MutexLock lock(mutex_);
      ++waiting_;
      seen = changes_;
    }
    // Tried again after counting ourselves as waiting: a report between the two is seen.
    Status sent = client_->send(record, token);
    if (is_full(sent) && give_up) {
      if (Status ended = give_up(); !ended) sent = std::move(ended);
    }
    bool is_changed = true;
    {
      MutexLock lock(mutex_);
      if (is_full(sent)) {
        is_changed = changed_.wait_until(lock, deadline, [&] { return changes_ != seen; });
      }
      --waiting_;
    }
    if (!is_full(sent)) return sent;
    if (!is_changed) return refused(record, now() - began, sent.error());
  }
}

void BoundedSender::wake() {
  MutexLock lock(mutex_);
  ++changes_;
  if (waiting_ > 0) changed_.notify_all();
}

}  // namespace rookery
