// output_producer.cc
//
// Delivery tokens are the pending records themselves.
#include <rookery/processing/output_producer.h>

#include <new>
#include <utility>

namespace rookery {

void PendingRecord::end() {
  try {
    listener_->on_pending_gone(*this);
  } catch (...) {
    delete this;
    throw;
  }
  delete this;
}

void PendingRecord::release() {
  if (holds_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  std::optional<Error> unsent;
  bool is_acknowledged = false;
  {
    MutexLock lock(mutex_);
    is_acknowledged = !unsent_ && !has_failed_ && !is_abandoned_;
    if (!is_abandoned_) unsent = std::move(unsent_);
  }
  try {
    if (unsent) listener_->on_output_failed(*this, *unsent, /*is_still_wanted=*/true);
    if (is_acknowledged) listener_->on_outputs_acknowledged(*this);
  } catch (...) {
    end();
    throw;
  }
  end();
}

void PendingRecord::release_failed(const Error& error) {
  bool is_still_wanted = false;
  {
    MutexLock lock(mutex_);
    is_still_wanted = !is_abandoned_;
    has_failed_ = true;
  }
  try {
    listener_->on_output_failed(*this, error, is_still_wanted);
  } catch (...) {
    release();
    throw;
  }
  release();
}

void PendingRecord::abandon() {
  {
    MutexLock lock(mutex_);
    is_abandoned_ = true;
  }
  release();
}

void PendingRecord::note_unsent(const Error& error) {
  MutexLock lock(mutex_);
  if (!unsent_) unsent_ = error;
}

Result<std::unique_ptr<OutputProducer>> OutputProducer::make(Transport& transport, ConfigMap config,
                                                             ProducerErrorHandler on_error,
                                                             std::function<void()> on_bad_alloc) {
  auto sender = BoundedSender::make(
      transport, std::move(config),
      [on_bad_alloc = std::move(on_bad_alloc)](std::span<const DeliveryReport> reports) {
        for (const DeliveryReport& report : reports) {
          auto* pending = reinterpret_cast<PendingRecord*>(report.token);
          try {
            if (report.error) {
              pending->release_failed(*report.error);
            } else {
              pending->release();
            }
          } catch (const std::bad_alloc&) {
            on_bad_alloc();  // the record stays undone
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
