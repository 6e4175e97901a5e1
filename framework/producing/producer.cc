// producer.cc
//
// Tokens of the client tell whose report it is: a program's own token is shifted by one, a ticket's
// address is odd.
#include <rookery/instrumentation/error_class.h>
#include <rookery/producing/bounded_sender.h>
#include <rookery/producing/producer.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>

#include <string>
#include <utility>

namespace rookery {
namespace {

// Of a record whose outcome somebody is told.
struct Ticket {
  OnDelivered told;
};
static_assert(alignof(Ticket) > 1);

constexpr DeliveryToken kTicketMark = 1;
constexpr DeliveryToken kTokensEnd = DeliveryToken{1} << 63;

Status from_callback(const char* call) {
  return fail(ErrorCode::kState,
              std::string(call) + ": from a delivery callback it would wait for itself");
}

DeliveryToken token_of(const Ticket* ticket) {
  return reinterpret_cast<DeliveryToken>(ticket) | kTicketMark;
}
std::unique_ptr<Ticket> ticket_of(DeliveryToken token) {
  if ((token & kTicketMark) == 0) return nullptr;
  return std::unique_ptr<Ticket>(reinterpret_cast<Ticket*>(token & ~kTicketMark));
}

}  // namespace

class Producer::Impl {
 public:
  void deliver(std::span<const DeliveryReport> reports) {
    std::uint64_t failed = 0;
    for (const DeliveryReport& report : reports) {
      if (report.error) ++failed;
      if (const std::unique_ptr<Ticket> ticket = ticket_of(report.token)) {
        guarded([&] {
          if (report.error) {
            ticket->told(fail(*report.error));
          } else {
            ticket->told(Delivery{.partition = report.partition, .offset = report.offset});
          }
        });
        continue;
      }
      if (report.error) remember(*report.error);
      if (!on_delivery) continue;
      DeliveryReport own = report;
      own.token >>= 1;
      guarded([&] { on_delivery(own); });
    }
    if (failed > 0) failed_count.fetch_add(failed, std::memory_order_relaxed);
    acknowledged_count.fetch_add(reports.size() - failed, std::memory_order_release);
  }

  Status send(const OutgoingRecord& record, OnDelivered told, std::optional<TimePoint> deadline) {
    auto ticket = std::make_unique<Ticket>(Ticket{std::move(told)});
    Status sent = sender->send(record, token_of(ticket.get()), deadline, kWaitForRoom);
    if (sent) static_cast<void>(ticket.release());  // its report gives it back
    return sent;
  }

  // An outcome of the group's, whatever happens.
  void send(const OutgoingRecord& record, const std::shared_ptr<DeliveryGroup>& group,
            std::size_t index, std::optional<TimePoint> deadline) {
    const Status sent = send(
        record,
        [group, index](const Result<Delivery>& delivered) { group->decide(index, delivered); },
        deadline);
    if (!sent) group->decide(index, fail(sent.error()));
  }

  // The first failure since the last question, and how many there were.
  Status take_failure() {
    MutexLock lock(mutex);
    if (!first_failure && callback_failure) {
      return fail(*std::exchange(callback_failure, std::nullopt));
    }
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

  // The user's own: what it throws is told by the next flush or close, and the others are called.
  template <class Callback>
  void guarded(Callback callback) {
    std::string what;
    try {
      callback();
      return;
    } catch (const std::exception& exception) {
      what = class_name(exception) + ": " + exception.what();
    } catch (...) {
      what = "not a std::exception";
    }
    MutexLock lock(mutex);
    if (callback_failure) return;
    callback_failure = Error{.code = ErrorCode::kUserCode,
                             .message = "a delivery callback threw " + what +
                                        "; the record it was told of is as the broker has it"};
  }

  Mutex mutex{"producer.failures", ranks::kLeaf};
  std::optional<Error> first_failure;
  std::optional<Error> callback_failure;  // the first since the last question
  std::uint64_t failures_untold = 0;

 public:
  std::unique_ptr<BoundedSender> sender;  // last: its end still reports
};

Result<Producer> Producer::make(Transport& transport, ConfigMap config, OnDelivery on_delivery,
                                ProducerErrorHandler on_error) {
  auto impl = std::make_unique<Impl>();
  impl->on_delivery = std::move(on_delivery);
  auto sender = BoundedSender::make(
      transport, std::move(config),
      [target = impl.get()](std::span<const DeliveryReport> reports) { target->deliver(reports); },
      std::move(on_error));
  if (!sender) return fail(sender.error());
  impl->sender = std::move(*sender);
  return Producer(std::move(impl));
}

Producer::Producer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Producer::Producer(Producer&&) noexcept = default;
Producer& Producer::operator=(Producer&&) noexcept = default;
Producer::~Producer() = default;

Status Producer::send(const OutgoingRecord& record, DeliveryToken token,
                      std::optional<TimePoint> deadline) {
  if (token >= kTokensEnd) return fail(ErrorCode::kInvalidArgument, "a token of 2^63 or more");
  return impl_->sender->send(record, token << 1, deadline, kWaitForRoom);
}

Status Producer::send(const OutgoingRecord& record, OnDelivered told,
                      std::optional<TimePoint> deadline) {
  return impl_->send(record, std::move(told), deadline);
}

DeliveryFuture Producer::send_async(const OutgoingRecord& record,
                                    std::optional<TimePoint> deadline) {
  const auto group = std::make_shared<DeliveryGroup>(
      impl_->sender.get(), std::vector<std::string>{std::string(record.topic)});
  impl_->send(record, group, 0, deadline);
  return DeliveryFuture(group);
}

Result<Delivery> Producer::send_sync(const OutgoingRecord& record, TimePoint deadline) {
  return send_many({&record, 1}, deadline).front();
}

std::vector<Result<Delivery>> Producer::send_many(std::span<const OutgoingRecord> records,
                                                  TimePoint deadline) {
  if (BoundedSender::is_reporting(impl_->sender.get())) {
    return std::vector<Result<Delivery>>(records.size(), fail(from_callback("send").error()));
  }
  std::vector<std::string> topics;
  topics.reserve(records.size());
  for (const OutgoingRecord& record : records) topics.emplace_back(record.topic);
  const auto group = std::make_shared<DeliveryGroup>(impl_->sender.get(), std::move(topics));
  for (std::size_t i = 0; i < records.size(); ++i) impl_->send(records[i], group, i, deadline);
  return group->wait(deadline);
}

Status Producer::flush(TimePoint deadline) {
  if (BoundedSender::is_reporting(impl_->sender.get())) return from_callback("flush");
  Status flushed = impl_->sender->client().flush(deadline);
  if (!flushed) return flushed;
  return impl_->take_failure();
}

Status Producer::close(TimePoint deadline) {
  if (BoundedSender::is_reporting(impl_->sender.get())) return from_callback("close");
  Status closed = impl_->sender->client().close(deadline);
  Status delivered = impl_->take_failure();
  return closed ? delivered : closed;
}

std::uint64_t Producer::acknowledged() const { return impl_->acknowledged_count.load(); }
std::uint64_t Producer::failed() const { return impl_->failed_count.load(); }

}  // namespace rookery
