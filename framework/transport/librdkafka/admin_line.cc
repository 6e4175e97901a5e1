// admin_line.cc
//
// Errors are looked at between slices of waiting.
#include <rookery/transport/librdkafka/admin_line.h>

#include <rookery/transport/librdkafka/errors.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace rookery::librdkafka {
namespace {

// Foreign calls are cut into slices, so that a close is noticed.
constexpr int kSliceMs = 200;
constexpr std::chrono::seconds kRefusalLasts{1};

}  // namespace

AdminLine::AdminLine(std::shared_ptr<Connection> connection)
    : connection_(std::move(connection)), errors_(rd_kafka_queue_get_main(connection_->get())) {}

bool AdminLine::is_connected() const { return connection_->is_connected(); }

void AdminLine::listen() {
  while (const EventHandle event{rd_kafka_queue_poll(errors_.get(), 0)}) {
    if (rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_ERROR) continue;
    const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
    const std::string told = rd_kafka_event_error_string(event.get());
    connection_->trouble(code, told);  // so that its end is noticed
    Error reason = connection_->reason(code, told);
    MutexLock lock(mutex_);
    // That all are down says less than why.
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || !trouble_) trouble_ = std::move(reason);
  }
  if (connection_->take_restored().empty()) return;
  MutexLock lock(mutex_);
  trouble_.reset();
}

// librdkafka tells of the same refusal twice a minute at most, so that its end of a connection is
// what counts.
std::optional<Error> AdminLine::refusal_since(std::uint64_t losses_before) {
  const bool has_lost = connection_->losses() != losses_before;
  const bool is_taken_elsewhere = connection_->is_connected();
  MutexLock lock(mutex_);
  const bool is_refused =
      !is_taken_elsewhere && trouble_ && trouble_->code == ErrorCode::kSaslAuthenticationFailed;
  if (is_refused && has_lost) refused_until_ = deadline_in(kRefusalLasts);
  return is_refused && now() < refused_until_ ? trouble_ : std::nullopt;
}

std::optional<Error> AdminLine::trouble() const {
  MutexLock lock(mutex_);
  return trouble_;
}

AdminCall::AdminCall(AdminLine& line) : line_(line), losses_before_(line.connection_->losses()) {
  line_.listen();
}

bool AdminCall::is_cut() {
  if (cut_) return true;
  if (line_.closed_.is_open()) {
    cut_ = Error{.code = ErrorCode::kClosed, .message = "the client was closed"};
  } else {
    line_.listen();
    cut_ = line_.refusal_since(losses_before_);
  }
  return cut_.has_value();
}

Error AdminCall::cut_error(const std::string& what) const {
  Error error = cut_.value();
  error.message = what + ": " + error.message;
  return error;
}

EventHandle AdminCall::await(rd_kafka_queue_t* queue, TimePoint deadline) {
  EventHandle event;
  do {
    event.reset(rd_kafka_queue_poll(queue, milliseconds_until(deadline, kSliceMs)));
  } while (!event && !is_cut() && now() < deadline);
  return event;
}

void AdminCall::pause() const { line_.closed_.wait_until(deadline_in(kRetryEvery)); }

Error AdminCall::explained(Error error) const {
  if (error.code != ErrorCode::kTimedOut && error.code != ErrorCode::kTransport) return error;
  line_.listen();
  if (const std::optional<Error> trouble = line_.trouble()) {
    error.message += "; " + trouble->message;
  }
  return error;
}

}  // namespace rookery::librdkafka
