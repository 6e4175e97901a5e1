// fault_draw.cc
//
// How a run's faults are drawn from the catalogue.

#include <algorithm>
#include <array>

#include "simulations/faults/fault.h"
#include "simulations/network/apis.h"
#include "simulations/scheduler/tape.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Duration draw_duration(Tape& tape, Duration least, Duration most) {
  const auto least_ms = std::chrono::duration_cast<milliseconds>(least).count();
  const auto most_ms = std::chrono::duration_cast<milliseconds>(most).count();
  return milliseconds(tape.between(least_ms, most_ms));
}

// Many more than there are servers, nodes, partitions or groups.
constexpr std::uint64_t kChoices = 1024;

std::uint64_t draw_between(Tape& tape, std::int64_t low, std::int64_t high) {
  return static_cast<std::uint64_t>(tape.between(low, high));
}

// allow(function-length): a table, what is drawn for each kind
Fault draw_fault(Tape& tape, FaultKind kind, const FaultBounds& bounds) {
  Fault fault;
  fault.kind = kind;
  fault.at = draw_duration(tape, bounds.from, bounds.until);
  // A plan with one server less, or with one alone, draws as many numbers: what is made smaller
  // keeps its other draws.
  const auto one_of = [&](int count) {
    return static_cast<std::uint32_t>(tape.draw(kChoices) % static_cast<std::uint64_t>(count));
  };
  const auto node = [&] { return one_of(bounds.nodes); };
  const auto server = [&] { return one_of(bounds.servers); };
  const auto clock = [&] { return one_of(bounds.servers + bounds.nodes); };
  switch (kind) {
    case FaultKind::kBrokerRestart:
      fault.target = node();
      fault.duration = draw_duration(tape, milliseconds(200), seconds(12));
      fault.severity = tape.draw(2);
      break;
    case FaultKind::kLeaderMove:
    case FaultKind::kCoordinatorMove:
      fault.target = static_cast<std::uint32_t>(tape.draw(kChoices));
      fault.severity = node();
      break;
    case FaultKind::kLatencyStorm:
      fault.duration = draw_duration(tape, seconds(1), seconds(15));
      fault.severity = draw_between(tape, 2, 30);
      fault.extent = draw_between(tape, 20, 3000);
      break;
    case FaultKind::kConnectionLoss:
      fault.duration = draw_duration(tape, seconds(1), seconds(20));
      fault.severity = draw_between(tape, 8, 200);
      break;
    case FaultKind::kPartition:
      fault.target = server();
      fault.duration = draw_duration(tape, milliseconds(500), seconds(20));
      fault.severity = 1 + tape.draw((std::uint64_t{1} << bounds.nodes) - 1);
      fault.extent = tape.draw(3);
      break;
    case FaultKind::kSlowBroker:
      fault.target = node();
      fault.duration = draw_duration(tape, seconds(1), seconds(12));
      fault.extent = draw_between(tape, 100, 4000);
      break;
    case FaultKind::kRequestErrors:
      fault.duration = draw_duration(tape, seconds(1), seconds(15));
      fault.severity = draw_between(tape, 3, 60);
      break;
    case FaultKind::kProcessRestart:
      fault.target = server();
      fault.duration = draw_duration(tape, milliseconds(100), seconds(10));
      break;
    case FaultKind::kProcessPause:
      fault.target = server();
      fault.duration = draw_duration(tape, milliseconds(100), bounds.session_timeout / 2);
      break;
    case FaultKind::kLongPause:
      fault.target = server();
      fault.duration =
          draw_duration(tape, bounds.session_timeout * 5 / 4, bounds.session_timeout * 5 / 2);
      break;
    case FaultKind::kThrowingHandler:
      fault.duration = draw_duration(tape, seconds(2), seconds(30));
      fault.severity = draw_between(tape, 10, 200);
      fault.extent = draw_between(tape, 1, 3);
      break;
    case FaultKind::kSlowHandler:
      fault.duration = draw_duration(tape, seconds(2), seconds(30));
      fault.severity = draw_between(tape, 10, 200);
      fault.extent = draw_between(tape, 10, 3000);
      break;
    case FaultKind::kHangingHandler:
      fault.target = server();
      break;
    case FaultKind::kBrokerPause:
      fault.target = node();
      fault.duration = draw_duration(tape, milliseconds(200), seconds(15));
      break;
    case FaultKind::kRollingRestart:
      fault.extent = draw_between(tape, 200, 3000);
      fault.duration = draw_duration(tape, seconds(4), seconds(12));
      break;
    case FaultKind::kControllerMove:
      fault.severity = node();
      break;
    case FaultKind::kControllerAbsence:
      fault.duration = draw_duration(tape, seconds(1), seconds(15));
      break;
    case FaultKind::kClog:
      fault.target = node();
      fault.duration = draw_duration(tape, milliseconds(500), seconds(15));
      fault.severity = tape.draw(2);
      break;
    case FaultKind::kSwizzle:
      fault.duration = draw_duration(tape, seconds(2), seconds(15));
      fault.severity = tape.draw(1 << 16);
      fault.extent = draw_between(tape, 2, 6);
      break;
    case FaultKind::kResetBeforeSending:
    case FaultKind::kResetAfterSending:
    case FaultKind::kResetBeforeAnswer:
      fault.duration = draw_duration(tape, seconds(1), seconds(20));
      fault.severity = draw_between(tape, 8, 100);
      break;
    case FaultKind::kHeldAnswers:
      fault.duration = draw_duration(tape, seconds(1), seconds(12));
      fault.severity = draw_between(tape, 10, 200);
      break;
    case FaultKind::kLateAnswers:
    case FaultKind::kThrottling:
      fault.duration = draw_duration(tape, seconds(2), seconds(15));
      fault.severity = draw_between(tape, 3, 60);
      fault.extent = draw_between(tape, 50, 6000);
      break;
    case FaultKind::kSwallowedAnswers:
      fault.duration = draw_duration(tape, seconds(1), seconds(15));
      fault.severity = draw_between(tape, 20, 300);
      break;
    case FaultKind::kApiErrors:
      fault.target = static_cast<std::uint32_t>(tape.draw(kFaultyApis.size()));
      fault.duration = draw_duration(tape, seconds(2), seconds(15));
      fault.severity = draw_between(tape, 1, 6);
      fault.extent = tape.draw(6);
      break;
    case FaultKind::kClockJump:
      fault.target = clock();
      fault.duration = draw_duration(tape, seconds(1), seconds(30));
      fault.severity = tape.draw(2);
      fault.extent = draw_between(tape, 10, 1'500'000);
      break;
    case FaultKind::kClockDrift:
      fault.target = clock();
      fault.duration = draw_duration(tape, seconds(5), seconds(30));
      fault.severity = tape.draw(2);
      fault.extent = draw_between(tape, 500, 200'000);
      break;
    case FaultKind::kTopicDeletion:
      fault.duration = draw_duration(tape, milliseconds(500), seconds(15));
      break;
    case FaultKind::kRetention:
      fault.target = static_cast<std::uint32_t>(tape.draw(kChoices));
      fault.extent = draw_between(tape, 20, 100);
      break;
    case FaultKind::kRollingDeploy:
      fault.extent = draw_between(tape, 200, 6000);
      fault.duration = draw_duration(tape, seconds(6), seconds(20));
      break;
    case FaultKind::kScaleUp:
    case FaultKind::kScaleDown:
      fault.target = server();
      fault.duration = draw_duration(tape, seconds(2), seconds(20));
      break;
    case FaultKind::kPartitionGrowth:
      fault.target = static_cast<std::uint32_t>(tape.draw(kChoices));
      fault.extent = draw_between(tape, 1, 3);
      break;
    case FaultKind::kReplicationLag:
      fault.target = node();
      fault.duration = draw_duration(tape, seconds(2), seconds(20));
      fault.severity = tape.draw(3) == 2 ? 1 : 0;
      fault.extent = draw_between(tape, 20, 3000);
      break;
    case FaultKind::kPowerLoss:
      fault.target = node();
      fault.duration = draw_duration(tape, milliseconds(200), seconds(12));
      break;
    case FaultKind::kIsolation:
      fault.target = node();
      fault.duration = draw_duration(tape, milliseconds(500), seconds(20));
      break;
    case FaultKind::kUncleanElection:
      fault.target = static_cast<std::uint32_t>(tape.draw(kChoices));
      fault.severity = node();
      fault.duration = draw_duration(tape, seconds(12), seconds(20));
      break;
  }
  // Everything is over at the end.
  fault.at = std::min(fault.at, std::max(bounds.from, bounds.until - fault.duration));
  return fault;
}

// How many kinds are on in a run; the last: all that are allowed.
constexpr std::array<std::size_t, 8> kHowMany = {0, 1, 2, 3, 5, 8, 13, kFaultKinds};

std::vector<FaultKind> draw_kinds(Tape& tape, FaultSet allowed) {
  std::vector<FaultKind> left;
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    if (allowed.contains(static_cast<FaultKind>(i))) left.push_back(static_cast<FaultKind>(i));
  }
  const std::size_t count = std::min(kHowMany[tape.draw(kHowMany.size())], left.size());
  if (count == left.size()) return left;
  std::vector<FaultKind> kinds;
  while (kinds.size() < count) {
    const auto place = left.begin() + static_cast<std::ptrdiff_t>(tape.draw(left.size()));
    kinds.push_back(*place);
    left.erase(place);
  }
  return kinds;
}

}  // namespace

std::vector<Fault> draw_faults(Tape& tape, FaultSet allowed, const FaultBounds& bounds) {
  const std::vector<FaultKind> kinds = draw_kinds(tape, allowed);
  if (kinds.empty()) return {};
  std::vector<Fault> faults;
  const std::uint64_t count = 4 + tape.draw(8);
  for (std::uint64_t i = 0; i < count; ++i) {
    const FaultKind kind = kinds[tape.draw(kinds.size())];
    faults.push_back(draw_fault(tape, kind, bounds));
  }
  std::stable_sort(faults.begin(), faults.end(),
                   [](const Fault& a, const Fault& b) { return a.at < b.at; });
  return faults;
}

}  // namespace rookery::sim
