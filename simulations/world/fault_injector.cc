// fault_injector.cc
//
// Begins, steps and ends, in order of time. A fault that finds its target down already does
// nothing.

#include "simulations/world/fault_injector.h"

#include <rookery/runtime/time.h>

#include <algorithm>
#include <utility>

namespace rookery::sim {
namespace {

std::unique_ptr<Strike> make_strike(StrikeZone& zone, std::size_t index, const Fault& fault) {
  using Make = std::unique_ptr<Strike> (*)(StrikeZone&, std::size_t, const Fault&);
  constexpr Make kFamilies[] = {make_network_strike, make_broker_strike, make_process_strike,
                                make_topic_strike};
  for (const Make make : kFamilies) {
    if (std::unique_ptr<Strike> strike = make(zone, index, fault)) return strike;
  }
  zone.stage.scheduler.fail("misuse", std::string("no strike for ") + name(fault.kind));
}

// A heartbeat, and looking for the coordinator.
constexpr Duration kFindMost = std::chrono::seconds(3);

Duration aftermath(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kThrottling:
    case FaultKind::kLateAnswers:
      return std::chrono::milliseconds(fault.extent);
    case FaultKind::kBrokerRestart:
    case FaultKind::kBrokerPause:
    case FaultKind::kRollingRestart:
    case FaultKind::kPowerLoss:
    case FaultKind::kIsolation:
    case FaultKind::kCoordinatorMove:
      return kFindMost;
    default:
      return Duration::zero();
  }
}

}  // namespace

FaultInjector::FaultInjector(StrikeZone& zone, const std::vector<Fault>& faults) : zone_(zone) {
  for (const Fault& fault : faults) {
    State state;
    state.fault = fault;
    state.note = zone_.stage.history.note(text(fault));
    state.strike = make_strike(zone_, states_.size(), fault);
    states_.push_back(std::move(state));
  }
}

void FaultInjector::run() {
  enum class What : std::uint8_t { kBegin, kStep, kEnd };
  struct Action {
    Duration at;
    std::size_t index;
    What what;
    std::size_t step;
  };
  std::vector<Action> actions;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const Fault& fault = states_[i].fault;
    actions.push_back({fault.at, i, What::kBegin, 0});
    const std::vector<Duration> steps = states_[i].strike->steps();
    for (std::size_t step = 0; step < steps.size(); ++step) {
      actions.push_back({fault.at + steps[step], i, What::kStep, step});
    }
    if (fault.duration > Duration::zero()) {
      actions.push_back({fault.at + fault.duration, i, What::kEnd, 0});
    }
  }
  std::stable_sort(actions.begin(), actions.end(),
                   [](const Action& a, const Action& b) { return a.at < b.at; });
  const TimePoint start = zone_.stage.scheduler.time();
  for (const Action& action : actions) {
    sleep_until(start + action.at);
    State& state = states_[action.index];
    if (action.what == What::kBegin) {
      begin(state);
    } else if (action.what == What::kEnd) {
      end(state);
    } else if (state.is_active) {
      state.strike->step(action.step);
    }
  }
}

void FaultInjector::begin(State& state) {
  state.strike->on_announced([this, &state] {
    zone_.stage.recorder.tell({.kind = EventKind::kFaultBegan, .detail = state.note});
  });
  if (!state.strike->begin()) return;
  state.strike->announce();
  state.has_begun = true;
  state.is_active = true;
  if (state.strike->is_instant()) end(state);
}

void FaultInjector::end(State& state) {
  if (!state.is_active) return;
  state.is_active = false;
  state.ended_at = zone_.stage.scheduler.time();
  state.strike->end();
  zone_.stage.recorder.tell({.kind = EventKind::kFaultEnded, .detail = state.note});
}

void FaultInjector::heal() {
  for (State& state : states_) end(state);
  zone_.stage.handler_faults.end_all();
  for (const std::unique_ptr<ServerProcess>& server : zone_.servers) {
    // What hangs is ended by an operator, and so is what was asked to stop and has not yet.
    if (server->is_hanging()) server->kill();
    if (!server->is_running()) server->start();
  }
}

TimePoint FaultInjector::settled_at() const {
  TimePoint settled{};
  for (const State& state : states_) {
    if (!state.has_begun) continue;
    settled = std::max(settled, state.ended_at + aftermath(state.fault));
  }
  return settled;
}

std::array<std::uint64_t, kFaultKinds> FaultInjector::counts() const {
  std::array<std::uint64_t, kFaultKinds> counts{};
  for (const State& state : states_) {
    if (!state.has_begun || !state.strike->is_effective()) continue;
    ++counts[static_cast<std::size_t>(state.fault.kind)];
  }
  return counts;
}

}  // namespace rookery::sim
