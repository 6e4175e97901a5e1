// admin_calls.cc
//
// Options, slices of waiting, and retriable answers.
#include <rookery/transport/librdkafka/admin_calls.h>

#include <rookery/transport/librdkafka/errors.h>

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

std::optional<Error> overall_error(rd_kafka_event_t* event, const std::string& what) {
  const rd_kafka_resp_err_t error = rd_kafka_event_error(event);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  return make_error(error, what, rd_kafka_event_error_string(event));
}

TimePoint Rounds::next() {
  if (!are_many()) return deadline_;
  const TimePoint end = std::min(deadline_, deadline_in(length_));
  length_ *= 2;
  return end;
}

std::vector<std::optional<Error>> call_each(AdminCall& call, rd_kafka_admin_op_t order,
                                            const std::vector<std::string>& names,
                                            std::vector<bool> open, TimePoint deadline,
                                            const SendOne& send, const ReadOne& read,
                                            Patience patience) {
  Rounds rounds(patience, deadline);
  const QueueHandle queue(rd_kafka_queue_new(call.client()));
  std::vector<std::optional<Error>> errors(names.size());
  const auto is_any_open = [&] { return std::find(open.begin(), open.end(), true) != open.end(); };
  while (is_any_open()) {
    const TimePoint round = rounds.next();
    std::vector<bool> answered(names.size());
    for (std::size_t i = 0; i < names.size() && !call.is_cut(); ++i) {
      if (!open[i]) continue;
      const AdminOptionsHandle options = options_for(call.client(), order, deadline);
      rd_kafka_AdminOptions_set_opaque(options.get(), reinterpret_cast<void*>(i));
      send(i, options.get(), queue.get());
    }
    const auto is_awaited = [&] {
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (open[i] && !answered[i]) return true;
      }
      return false;
    };
    while (is_awaited() && !call.is_cut()) {
      const EventHandle event = call.await(queue.get(), round);
      if (!event) break;
      const auto i = reinterpret_cast<std::size_t>(rd_kafka_event_opaque(event.get()));
      if (!open[i] || (answered[i] && !errors[i])) continue;  // of an earlier round, and late
      answered[i] = true;
      errors[i] = overall_error(event.get(), names[i]);
      if (!errors[i]) errors[i] = read(i, event.get());
    }
    const bool is_cut = call.is_cut();
    const bool is_over = is_cut || now() + kRetryEvery >= deadline;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!open[i]) continue;
      if (!answered[i]) {
        errors[i] = {.code = ErrorCode::kTimedOut, .message = names[i] + ": no answer in time"};
      }
      const bool is_open_still = errors[i] && (!answered[i] || is_to_be_repeated(*errors[i]));
      if (is_cut && is_open_still) errors[i] = call.cut_error(names[i]);
      const bool may_pass =
          errors[i] && (is_to_be_repeated(*errors[i]) ||
                        (rounds.are_many() && errors[i]->code == ErrorCode::kTimedOut));
      open[i] = !is_over && may_pass;
      if (errors[i] && !open[i]) errors[i] = call.explained(*std::move(errors[i]));
    }
    if (is_any_open()) call.pause();
  }
  return errors;
}

}  // namespace rookery::librdkafka
