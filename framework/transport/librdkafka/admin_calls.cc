// admin_calls.cc
//
// Options, slices of waiting, and retriable answers.
#include <rookery/transport/librdkafka/admin_calls.h>

#include <algorithm>
#include <array>

namespace rookery::librdkafka {

bool is_to_be_repeated(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotController:
    case ErrorCode::kTransport:
    case ErrorCode::kLeaderNotAvailable:
    case ErrorCode::kNotLeaderOrFollower:
    case ErrorCode::kCoordinatorNotAvailable:
    case ErrorCode::kCoordinatorLoadInProgress:
    case ErrorCode::kNotCoordinator:
      return true;
    default:
      return false;
  }
}

AdminOptionsHandle options_for(rd_kafka_t* client, rd_kafka_admin_op_t order, TimePoint deadline) {
  AdminOptionsHandle options(rd_kafka_AdminOptions_new(client, order));
  const int timeout = std::max(1, milliseconds_until(deadline, kHourMs));
  std::array<char, 256> text{};
  // Inside librdkafka's own range, so neither can be refused.
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout, text.data(), text.size());
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout, text.data(), text.size());
  return options;
}

EventHandle await(rd_kafka_queue_t* queue, const Latch& closed, TimePoint deadline) {
  EventHandle event;
  do {
    event.reset(rd_kafka_queue_poll(queue, milliseconds_until(deadline, kSliceMs)));
  } while (!event && !closed.is_open() && now() < deadline);
  return event;
}

Error closed_error(const std::string& what) {
  return {.code = ErrorCode::kClosed, .message = what + ": the client was closed"};
}

}  // namespace rookery::librdkafka
