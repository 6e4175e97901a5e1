// fault.cc
//
// The catalogue, and how a run's faults are drawn from it.

#include "simulations/faults/fault.h"

#include <algorithm>
#include <array>

#include "simulations/scheduler/tape.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<const char*, kFaultKinds> kNames = {
    "broker_restart",  "leader_move",    "coordinator_move",   "latency_storm",
    "connection_loss", "partition",      "slow_broker",        "request_errors",
    "process_crash",   "process_pause",  "process_long_pause", "throwing_handler",
    "slow_handler",    "hanging_handler"};

Duration draw_duration(Tape& tape, Duration least, Duration most) {
  const auto least_ms = std::chrono::duration_cast<milliseconds>(least).count();
  const auto most_ms = std::chrono::duration_cast<milliseconds>(most).count();
  return milliseconds(tape.between(least_ms, most_ms));
}

std::uint64_t draw_between(Tape& tape, std::int64_t low, std::int64_t high) {
  return static_cast<std::uint64_t>(tape.between(low, high));
}

Fault draw_fault(Tape& tape, FaultKind kind, const FaultBounds& bounds) {
  Fault fault;
  fault.kind = kind;
  fault.at = draw_duration(tape, bounds.from, bounds.until);
  const auto node = [&] {
    return static_cast<std::uint32_t>(tape.draw(static_cast<std::uint64_t>(bounds.nodes)));
  };
  const auto server = [&] {
    return static_cast<std::uint32_t>(tape.draw(static_cast<std::uint64_t>(bounds.servers)));
  };
  switch (kind) {
    case FaultKind::kBrokerRestart:
      fault.target = node();
      fault.duration = draw_duration(tape, milliseconds(200), seconds(12));
      fault.severity = tape.draw(2);
      break;
    case FaultKind::kLeaderMove:
    case FaultKind::kCoordinatorMove:
      fault.target = static_cast<std::uint32_t>(tape.draw(1024));
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
  }
  // Everything is over at the end.
  fault.at = std::min(fault.at, std::max(bounds.from, bounds.until - fault.duration));
  return fault;
}

std::string seconds_text(Duration duration) {
  const auto ms = std::chrono::duration_cast<milliseconds>(duration).count();
  std::string text = std::to_string(ms / 1000);
  if (ms % 1000 != 0) text += "." + std::to_string(1000 + ms % 1000).substr(1);
  return text + " s";
}

}  // namespace

const char* name(FaultKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::string text(const Fault& fault) {
  std::string text = name(fault.kind);
  const std::string target = std::to_string(fault.target);
  const std::string one_in = ", one in " + std::to_string(fault.severity);
  switch (fault.kind) {
    case FaultKind::kBrokerRestart:
      text += " of node " + target + (fault.severity != 0 ? " (in order)" : " (crash)");
      break;
    case FaultKind::kLeaderMove:
    case FaultKind::kCoordinatorMove:
      text += " to node " + std::to_string(fault.severity);
      break;
    case FaultKind::kLatencyStorm:
      text += one_in + " messages, up to " + std::to_string(fault.extent) + " ms";
      break;
    case FaultKind::kConnectionLoss:
    case FaultKind::kRequestErrors:
      text += one_in + " requests";
      break;
    case FaultKind::kPartition: {
      text += " between server " + std::to_string(fault.target + 1) + " and nodes";
      for (std::uint32_t node = 0; node < 64; ++node) {
        if ((fault.severity >> node) & 1U) text += " " + std::to_string(node);
      }
      constexpr std::array kDirections = {", both ways", ", to the nodes", ", from the nodes"};
      text += kDirections[fault.extent % kDirections.size()];
      break;
    }
    case FaultKind::kSlowBroker:
      text += ", node " + target + " by " + std::to_string(fault.extent) + " ms";
      break;
    case FaultKind::kProcessRestart:
    case FaultKind::kProcessPause:
    case FaultKind::kLongPause:
    case FaultKind::kHangingHandler:
      text += " of server " + std::to_string(fault.target + 1);
      break;
    case FaultKind::kThrowingHandler:
      text += one_in + " records, " + std::to_string(fault.extent) + " times each";
      break;
    case FaultKind::kSlowHandler:
      text += one_in + " records, by " + std::to_string(fault.extent) + " ms";
      break;
  }
  if (fault.duration > Duration::zero()) text += " for " + seconds_text(fault.duration);
  return text;
}

std::vector<Fault> draw_faults(Tape& tape, FaultSet allowed, const FaultBounds& bounds) {
  // Which kinds are on: each with an even chance.
  std::vector<FaultKind> kinds;
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    const auto kind = static_cast<FaultKind>(i);
    if (!allowed.contains(kind)) continue;
    if (tape.draw(2) == 1) kinds.push_back(kind);
  }
  if (kinds.empty()) return {};
  std::vector<Fault> faults;
  const std::uint64_t count = 3 + tape.draw(8);
  for (std::uint64_t i = 0; i < count; ++i) {
    const FaultKind kind = kinds[tape.draw(kinds.size())];
    faults.push_back(draw_fault(tape, kind, bounds));
  }
  std::stable_sort(faults.begin(), faults.end(),
                   [](const Fault& a, const Fault& b) { return a.at < b.at; });
  return faults;
}

}  // namespace rookery::sim
