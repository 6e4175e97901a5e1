// producer.cc
//
// Counting reports, and flush that tells of failures.
#include <rookery/producing/bounded_sender.h>
#include <rookery/producing/producer.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>

#include <optional>
#include <utility>

namespace rookery {

class Producer::Impl {
 public:
  void deliver(std::span<const DeliveryReport> reports) {
    std::uint64_t failed = 0;
    for (const DeliveryReport& report : reports) {
      if (report.error) {
        ++failed;
        remember(*report.error);
      }
      if (on_delivery) on_delivery(report);
    }
    if (failed > 0) failed_count.fetch_add(failed, std::memory_order_relaxed);
    acknowledged_count.fetch_add(reports.size() - failed, std::memory_order_release);
  }

  // The first failure since the last question, and how many there were.
  Status take_failure() {
    MutexLock lock(mutex);
    if (!first_failure) return {};
    Error error = *std::exchange(first_failure, std::nullopt);
    const std::uint64_t count = std::exchange(failures_untold, 0);
    error.message += " (" + std::to_string(count) + (count == 1 ? " record was" : " records were") +
                     " not acknowledged)";
    return fail(std::move(error));
  }

  OnDelivery on_delivery;
  Atomic<std::uint64_t> acknowledged_count{0};
  Atomic<std::uint64_t> failed_count{0};

 private:
  void remember(const Error& error) {
    MutexLock lock(mutex);
    if (!first_failure) first_failure = error;
    ++failures_untold;
  }

  Mutex mutex{"producer.failures", ranks::kLeaf};
  std::optional<Error> first_failure;
  std::uint64_t failures_untold = 0;

 public:
  std::unique_ptr<BoundedSender> sender;  // last: its end still reports
};

Result<Producer> Producer::make(Transport& transport, ConfigMap config, OnDelivery on_delivery) {
  auto impl = std::make_unique<Impl>();
  impl->on_delivery = std::move(on_delivery);
  auto sender = BoundedSender::make(
      transport, std::move(config),
      [target = impl.get()](std::span<const DeliveryReport> reports) { target->deliver(reports); });
  if (!sender) return fail(sender.error());
  impl->sender = std::move(*sender);
  return Producer(std::move(impl));
}

Producer::Producer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Producer::Producer(Producer&&) noexcept = default;
Producer& Producer::operator=(Producer&&) noexcept = default;
Producer::~Producer() = default;

Status Producer::send(const OutgoingRecord& record, DeliveryToken token, TimePoint deadline) {
  return impl_->sender->send(record, token, deadline);
}

Status Producer::flush(TimePoint deadline) {
  Status flushed = impl_->sender->client().flush(deadline);
  if (!flushed) return flushed;
  return impl_->take_failure();
}

Status Producer::close(TimePoint deadline) {
  Status closed = impl_->sender->client().close(deadline);
  Status delivered = impl_->take_failure();
  return closed ? delivered : closed;
}

std::uint64_t Producer::acknowledged() const { return impl_->acknowledged_count.load(); }
std::uint64_t Producer::failed() const { return impl_->failed_count.load(); }

}  // namespace rookery
