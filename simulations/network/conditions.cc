// conditions.cc
//
// All draws come from the tape of whoever sends.

#include "simulations/network/conditions.h"

#include <span>

#include "simulations/network/api_errors.h"

namespace rookery::sim {
namespace {

Duration draw_duration(Tape& tape, Duration least, Duration spread) {
  return least + Duration(static_cast<Duration::rep>(
                     tape.draw(static_cast<std::uint64_t>(spread.count()) + 1)));
}

}  // namespace

Duration Conditions::draw_latency() {
  Tape& tape = scheduler_.tape();
  Duration latency = draw_duration(tape, profile.latency_least, profile.latency_spread);
  if (tape.one_in(profile.slow_one_in)) {
    ++counts.slow_messages;
    latency += draw_duration(tape, Duration::zero(), profile.slow_most);
  }
  return latency;
}

Duration Conditions::draw_answer_latency(NodeId node) {
  Tape& tape = scheduler_.tape();
  Duration latency = draw_latency();
  if (const auto delay = answer_delay.find(node);
      delay != answer_delay.end() && delay->second > Duration::zero()) {
    ++counts.delayed_answers;
    latency += delay->second;
  }
  if (tape.one_in(profile.late_one_in)) {
    ++counts.late_answers;
    latency += draw_duration(tape, Duration::zero(), profile.late_most);
  }
  return latency;
}

Loss Conditions::draw_loss() {
  Tape& tape = scheduler_.tape();
  if (tape.one_in(profile.loss_one_in)) {
    constexpr Loss kPlaces[] = {Loss::kBeforeSending, Loss::kAfterSending, Loss::kBeforeAnswer};
    return kPlaces[tape.draw(3)];
  }
  if (tape.one_in(profile.loss_before_sending_one_in)) return Loss::kBeforeSending;
  if (tape.one_in(profile.loss_after_sending_one_in)) return Loss::kAfterSending;
  if (tape.one_in(profile.loss_before_answer_one_in)) return Loss::kBeforeAnswer;
  return Loss::kNo;
}

std::optional<ErrorCode> Conditions::draw_error(const mock::Request& request) {
  Tape& tape = scheduler_.tape();
  if (tape.one_in(profile.error_one_in)) {
    const std::span<const ErrorCode> errors = retriable_errors(request);
    if (!errors.empty()) {
      ++counts.errors;
      return errors[tape.draw(errors.size())];
    }
  }
  for (const ApiTrouble& trouble : profile.api_troubles) {
    if (!is_of_api(request, trouble.api) || !tape.one_in(trouble.one_in)) continue;
    const std::span<const ErrorCode> errors = retriable_errors(request);
    ++counts.api_errors;
    return errors[trouble.error % errors.size()];
  }
  return std::nullopt;
}

AnswerFate Conditions::draw_fate() {
  Tape& tape = scheduler_.tape();
  if (tape.one_in(profile.held_one_in)) return AnswerFate::kIsHeld;
  if (tape.one_in(profile.swallowed_one_in)) return AnswerFate::kIsSwallowed;
  return AnswerFate::kComes;
}

Duration Conditions::draw_throttling() {
  Tape& tape = scheduler_.tape();
  if (!tape.one_in(profile.throttle_one_in)) return Duration::zero();
  return draw_duration(tape, std::chrono::milliseconds(1), profile.throttle_most);
}

void Conditions::note_stalled(ProcessId process, NodeId node, Direction direction) {
  ++counts.stalled_messages;
  for (const ProcessId of : {process, kAnyProcess}) {
    const Link link{of, node, direction};
    if (blocked_.contains(link)) ++stalled_[link];
  }
}

std::uint64_t Conditions::stalled_on(const Link& link) const {
  const auto found = stalled_.find(link);
  return found == stalled_.end() ? 0 : found->second;
}

WallTime Conditions::wall_time(NodeId node, TimePoint now) {
  const WallTime truth = scheduler_.wall_time();
  const auto clock = wall_clocks_.find(node);
  if (clock == wall_clocks_.end()) return truth;
  const Duration deviation = clock->second.deviation(now);
  if (deviation == Duration::zero()) return truth;
  ++counts.wrong_times;
  return truth + std::chrono::floor<std::chrono::milliseconds>(deviation);
}

}  // namespace rookery::sim
