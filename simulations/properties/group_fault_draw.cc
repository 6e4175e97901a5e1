// group_fault_draw.cc
//
// How much of each kind a few seconds bear.
#include <chrono>

#include "simulations/properties/group_faults.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;

std::uint64_t draw_between(Tape& tape, std::int64_t low, std::int64_t high) {
  return static_cast<std::uint64_t>(tape.between(low, high));
}

Duration draw_duration(Tape& tape, Duration least, Duration most) {
  const auto count = [](Duration d) { return std::chrono::duration_cast<milliseconds>(d).count(); };
  return milliseconds(tape.between(count(least), count(most)));
}

}  // namespace

// Few draws for each, so that shrinking has little to do.
// allow(function-length): a table, what is drawn for each kind
Fault draw_group_fault(Tape& tape, const FaultBounds& bounds) {
  Fault fault;
  fault.kind = kGroupFaults[tape.draw(kGroupFaults.size())];
  fault.at = draw_duration(tape, bounds.from, bounds.until);
  fault.duration = draw_duration(tape, milliseconds(50), milliseconds(2500));
  const auto draw_node = [&] { return tape.draw(static_cast<std::uint64_t>(bounds.nodes)); };
  fault.target = static_cast<std::uint32_t>(draw_node());
  fault.severity = tape.draw(12);
  switch (fault.kind) {
    case FaultKind::kCoordinatorMove:
      fault.duration = Duration::zero();
      fault.severity = fault.target;
      fault.target = static_cast<std::uint32_t>(tape.draw(2));
      break;
    case FaultKind::kBrokerRestart:
    case FaultKind::kClog:
      fault.severity %= 2;
      break;
    case FaultKind::kPartition:
      fault.severity = std::uint64_t{1} << fault.target;
      fault.target = static_cast<std::uint32_t>(tape.draw(12));
      fault.extent = tape.draw(3);
      break;
    case FaultKind::kRollingRestart:
      fault.extent =
          static_cast<std::uint64_t>(fault.duration / bounds.nodes * 4 / 5 / milliseconds(1));
      break;
    case FaultKind::kLatencyStorm:
      fault.severity = 5;
      fault.extent = 400;
      break;
    case FaultKind::kSlowBroker:
      fault.extent = 20 + 60 * fault.severity;
      break;
    case FaultKind::kConnectionLoss:
      fault.severity = 15;
      break;
    case FaultKind::kRequestErrors:
      fault.severity = 8;
      break;
    case FaultKind::kProcessPause:
      fault.target = static_cast<std::uint32_t>(tape.draw(12));
      fault.duration = draw_duration(tape, milliseconds(50), bounds.session_timeout / 2);
      break;
    case FaultKind::kLongPause:
      fault.target = static_cast<std::uint32_t>(tape.draw(12));
      fault.duration =
          draw_duration(tape, bounds.session_timeout * 5 / 4, bounds.session_timeout * 2);
      break;
    case FaultKind::kResetBeforeSending:
    case FaultKind::kResetAfterSending:
    case FaultKind::kResetBeforeAnswer:
    case FaultKind::kHeldAnswers:
    case FaultKind::kSwallowedAnswers:
      fault.severity = 10 + 5 * fault.severity;
      break;
    case FaultKind::kLateAnswers:
      fault.severity = 3 + fault.severity;
      fault.extent = 1500;
      break;
    case FaultKind::kThrottling:
      fault.severity = 3 + fault.severity;
      fault.extent = 250;
      break;
    case FaultKind::kApiErrors:
      fault.target = static_cast<std::uint32_t>(tape.draw(kRefusedApis.size()));
      fault.extent = tape.draw(kRefusals.size());
      fault.severity = 1 + fault.severity % 4;
      break;
    case FaultKind::kClockJump:
      fault.extent = draw_between(tape, 10, 1'500'000);
      break;
    case FaultKind::kClockDrift:
      fault.extent = draw_between(tape, 500, 200'000);
      break;
    default:
      break;
  }
  return fault;
}

}  // namespace rookery::sim
