// output_producer.cc
//
// Delivery tokens are the pending records themselves.
#include <rookery/processing/output_producer.h>

#include <utility>

namespace rookery {

void PendingRecord::release() {
  if (holds_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  std::optional<Error> failure;
  bool is_acknowledged = false;
  {
    MutexLock lock(mutex_);
    is_acknowledged = !failure_ && !is_abandoned_;
    if (failure_ && !is_failure_told_ && !is_abandoned_) failure = std::move(failure_);
  }
  if (failure) listener_->on_output_failed(*this, *failure);
  if (is_acknowledged) listener_->on_outputs_acknowledged(*this);
  listener_->on_pending_gone(*this);
  delete this;
}

void PendingRecord::release_failed(const Error& error) {
  bool is_news = false;
  {
    MutexLock lock(mutex_);
    is_news = !is_failure_told_ && !is_abandoned_;
    is_failure_told_ = true;
    if (!failure_) failure_ = error;
  }
  if (is_news) listener_->on_output_failed(*this, error);
  release();
}

void PendingRecord::abandon() {
  {
    MutexLock lock(mutex_);
    is_abandoned_ = true;
  }
  release();
}

void PendingRecord::note_failure(const Error& error) {
  MutexLock lock(mutex_);
  if (!failure_) failure_ = error;
}

Result<std::unique_ptr<OutputProducer>> OutputProducer::make(Transport& transport, ConfigMap config,
                                                             ProducerErrorHandler on_error) {
  auto sender = BoundedSender::make(
      transport, std::move(config),
      [](std::span<const DeliveryReport> reports) {
        for (const DeliveryReport& report : reports) {
          auto* pending = reinterpret_cast<PendingRecord*>(report.token);
          if (report.error) {
            pending->release_failed(*report.error);
          } else {
            pending->release();
          }
        }
      },
      std::move(on_error));
  if (!sender) return fail(sender.error());
  return std::unique_ptr<OutputProducer>(new OutputProducer(std::move(*sender)));
}

Status OutputProducer::send(const OutgoingRecord& record, PendingRecord& pending,
                            TimePoint deadline, const std::function<Status()>& give_up) {
  pending.hold();
  Status sent = sender_->send(record, reinterpret_cast<DeliveryToken>(&pending), deadline,
                              /*patience=*/{}, give_up);
  // The hold taken for this output goes; the consumer's own keeps the record.
  if (!sent) pending.release();
  return sent;
}

}  // namespace rookery
