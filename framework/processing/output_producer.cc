// output_producer.cc
//
// Delivery tokens are the pending records themselves; of an output with a span, both together.
#include <rookery/processing/output_producer.h>

#include <memory>
#include <new>
#include <string>
#include <utility>

namespace rookery {

namespace {

// Pending records lie at even addresses: a token with this bit is one of these.
constexpr DeliveryToken kTracedBit = 1;
struct TracedOutput {
  PendingRecord* pending;
  Span span;
};

void end_span(const Tracer& tracer, Span span, const DeliveryReport& report) {
  if (report.error != nullptr) {
    Tracer::fail(span, std::string(name(report.error->code)), report.error->text());
  }
  if (report.partition >= 0) {
    span.attributes.emplace_back("messaging.destination.partition.id",
                                 std::to_string(report.partition));
  }
  if (report.offset >= 0) span.attributes.emplace_back("messaging.kafka.offset", report.offset);
  tracer.end(std::move(span));
}

// Whose report it is; its span is over.
PendingRecord* pending_of(const DeliveryReport& report, const Tracer* tracer) {
  if ((report.token & kTracedBit) == 0) return reinterpret_cast<PendingRecord*>(report.token);
  const std::unique_ptr<TracedOutput> output(
      reinterpret_cast<TracedOutput*>(report.token & ~kTracedBit));
  try {
    end_span(*tracer, std::move(output->span), report);
  } catch (const std::bad_alloc&) {
    // The span is lost, its record is not: memory that is out is told where records need it.
  }
  return output->pending;
}

}  // namespace

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
                                                             ProducerRestoredHandler on_restored,
                                                             std::function<void()> on_bad_alloc,
                                                             const Tracer* tracer) {
  auto sender = BoundedSender::make(
      transport, std::move(config),
      [on_bad_alloc = std::move(on_bad_alloc), tracer](std::span<const DeliveryReport> reports) {
        for (const DeliveryReport& report : reports) {
          PendingRecord* pending = pending_of(report, tracer);
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
      std::move(on_error), std::move(on_restored));
  if (!sender) return fail(sender.error());
  return std::unique_ptr<OutputProducer>(new OutputProducer(std::move(*sender), tracer));
}

Status OutputProducer::send(const OutgoingRecord& record, PendingRecord& pending,
                            const OutputOrigin* origin, TimePoint deadline,
                            const std::function<Status()>& give_up) {
  if (origin != nullptr) return send_traced(record, pending, *origin, deadline, give_up);
  return send_held(record, reinterpret_cast<DeliveryToken>(&pending), pending, deadline, give_up);
}

Status OutputProducer::send_held(const OutgoingRecord& record, DeliveryToken token,
                                 PendingRecord& pending, TimePoint deadline,
                                 const std::function<Status()>& give_up) {
  pending.hold();
  try {
    Status sent = sender_->send(record, token, deadline, /*patience=*/{}, give_up);
    // The hold taken for this output goes; the consumer's own keeps the record.
    if (!sent) pending.release();
    return sent;
  } catch (...) {  // memory is out, and nothing was sent
    pending.release();
    throw;
  }
}

Status OutputProducer::send_traced(const OutgoingRecord& record, PendingRecord& pending,
                                   const OutputOrigin& origin, TimePoint deadline,
                                   const std::function<Status()>& give_up) {
  auto output = std::make_unique<TracedOutput>(&pending, tracer_->send(record, origin));
  OutgoingRecord traced = record;
  traced.headers = with_context(record.headers, output->span.context);
  // The report may come, and with it the end of the output, before this returns.
  Status sent = send_held(traced, reinterpret_cast<DeliveryToken>(output.get()) | kTracedBit,
                          pending, deadline, give_up);
  if (sent) {
    static_cast<void>(output.release());
    return sent;
  }
  // Nothing is held any more: what ends the span may throw.
  Tracer::fail(output->span, std::string(name(sent.error().code)), sent.error().text());
  tracer_->end(std::move(output->span));
  return sent;
}

}  // namespace rookery
