// admin_calls.h
//
// What every order of an administrator shares: its options, its rounds, and which answers mean that
// it is to be given again.
//
// Thread rules: any thread.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/admin_line.h>
#include <rookery/transport/librdkafka/handles.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rookery::librdkafka {

inline constexpr int kHourMs = 3'600'000;

// The order itself was not carried out, and may be given again.
bool is_to_be_repeated(const Error& error);

AdminOptionsHandle options_for(rd_kafka_t* client, rd_kafka_admin_op_t order, TimePoint deadline);

// What the whole answer says, before anything in it is read.
std::optional<Error> overall_error(rd_kafka_event_t* event, const std::string& what);

using SendOne = std::function<void(std::size_t, rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>;
// Keeps what the answer holds, or says why it holds nothing.
using ReadOne = std::function<std::optional<Error>(std::size_t, rd_kafka_event_t*)>;

// How long one call is waited for before it is made again.
enum class Patience {
  kToTheDeadline,
  // In rounds of one second, two, four, ... For questions: librdkafka (2.0.2) asks for a
  // coordinator three times within 300 ms and then never again, so that a call which found none
  // waits out its own time for nothing. Calls of earlier rounds stay under way, and whichever
  // answers first counts: librdkafka fails an assertion (rd_kafka_enq_once_del_source_return) where
  // a call's time is over while it waits for a coordinator that comes back.
  kInRounds,
};

// The ends of one round after the other.
class Rounds {
 public:
  Rounds(Patience patience, TimePoint deadline) : patience_(patience), deadline_(deadline) {}

  TimePoint next();
  // Whether what was not answered in its round is asked again.
  bool are_many() const { return patience_ == Patience::kInRounds; }

 private:
  Patience patience_;
  TimePoint deadline_;
  Duration length_ = std::chrono::seconds(1);
};

// One call for each that is open, all at once, and again for those whose answer does not last, to
// the deadline. Answers what went wrong with each, by these names.
std::vector<std::optional<Error>> call_each(AdminCall& call, rd_kafka_admin_op_t order,
                                            const std::vector<std::string>& names,
                                            std::vector<bool> open, TimePoint deadline,
                                            const SendOne& send, const ReadOne& read,
                                            Patience patience = Patience::kToTheDeadline);

}  // namespace rookery::librdkafka
