// group_faults.cc
//
// How each kind begins and ends, and what shows that it was there.
#include "simulations/properties/group_faults.h"

#include <rookery/base/duration.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "mockbroker/cluster/inspection.h"
#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;

const char* api_of(const Fault& fault) { return kRefusedApis[fault.target % kRefusedApis.size()]; }

std::string text_of(const Fault& fault) {
  if (fault.kind != FaultKind::kApiErrors) return text(fault);
  return std::string(name(fault.kind)) + ", one in " + std::to_string(fault.severity) + " " +
         api_of(fault) + " for " + format_duration(fault.duration);
}

std::uint64_t losses(const NetworkCounts& counts) {
  return counts.lost_before_sending + counts.lost_after_sending + counts.lost_before_answer;
}

void change_profile(NetworkProfile& profile, const Fault& fault) {
  const Duration most = milliseconds(fault.extent);
  switch (fault.kind) {
    case FaultKind::kLatencyStorm:
      profile.slow_one_in = fault.severity;
      profile.slow_most = most;
      break;
    case FaultKind::kConnectionLoss:
      profile.loss_one_in = fault.severity;
      break;
    case FaultKind::kResetBeforeSending:
      profile.loss_before_sending_one_in = fault.severity;
      break;
    case FaultKind::kResetAfterSending:
      profile.loss_after_sending_one_in = fault.severity;
      break;
    case FaultKind::kResetBeforeAnswer:
      profile.loss_before_answer_one_in = fault.severity;
      break;
    case FaultKind::kRequestErrors:
      profile.error_one_in = fault.severity;
      break;
    case FaultKind::kHeldAnswers:
      profile.held_one_in = fault.severity;
      break;
    case FaultKind::kLateAnswers:
      profile.late_one_in = fault.severity;
      profile.late_most = most;
      break;
    case FaultKind::kSwallowedAnswers:
      profile.swallowed_one_in = fault.severity;
      break;
    case FaultKind::kThrottling:
      profile.throttle_one_in = fault.severity;
      profile.throttle_most = most;
      break;
    default:
      break;
  }
}

}  // namespace

GroupFaults::GroupFaults(Victims victims, const std::vector<Fault>& faults)
    : victims_(std::move(victims)), plain_(victims_.network.profile()) {
  for (const Fault& fault : faults) states_.push_back({.fault = fault});
}

NodeId GroupFaults::node(const Fault& fault) const {
  return static_cast<NodeId>(fault.target % static_cast<std::uint32_t>(victims_.nodes));
}

ProcessId GroupFaults::process(const Fault& fault) const {
  return victims_.processes[fault.target % victims_.processes.size()];
}

std::uint64_t GroupFaults::counter(const Fault& fault, const State& state) const {
  const NetworkCounts counts = victims_.network.counts();
  switch (fault.kind) {
    case FaultKind::kLatencyStorm:
      return counts.slow_messages;
    case FaultKind::kConnectionLoss:
      return losses(counts);
    case FaultKind::kResetBeforeSending:
      return counts.lost_before_sending;
    case FaultKind::kResetAfterSending:
      return counts.lost_after_sending;
    case FaultKind::kResetBeforeAnswer:
      return counts.lost_before_answer;
    case FaultKind::kRequestErrors:
      return counts.errors;
    case FaultKind::kHeldAnswers:
      return counts.held_answers;
    case FaultKind::kLateAnswers:
      return counts.late_answers;
    case FaultKind::kSwallowedAnswers:
      return counts.swallowed_answers;
    case FaultKind::kThrottling:
      return counts.throttled;
    case FaultKind::kSlowBroker:
      return counts.delayed_answers;
    case FaultKind::kBrokerPause:
      return counts.paused_requests;
    case FaultKind::kClockJump:
    case FaultKind::kClockDrift:
      return counts.wrong_times;
    case FaultKind::kPartition:
    case FaultKind::kClog: {
      std::uint64_t stalled = 0;
      for (const Link& link : state.blocked) stalled += victims_.network.stalled_on(link);
      return stalled;
    }
    default:
      return state.effects;  // what it did is counted where it is done
  }
}

void GroupFaults::update_profile() {
  NetworkProfile profile = plain_;
  for (const State& state : states_) {
    if (state.is_active) change_profile(profile, state.fault);
  }
  victims_.network.set_profile(profile);
}

bool GroupFaults::move_coordinator(const Fault& fault) {
  const std::string& group = victims_.groups[fault.target % victims_.groups.size()];
  const auto goal = static_cast<NodeId>(fault.severity);
  bool has_moved = false;
  victims_.network.with_cluster([&](mock::Cluster& cluster, TimePoint at) {
    // Refused when the node is down; that it is there already is no move.
    if (cluster.inspect().coordinator(group) == goal) return;
    has_moved = cluster.move_coordinator(at, group, goal).has_value();
  });
  return has_moved;
}

void GroupFaults::block(State& state) {
  const Fault& fault = state.fault;
  if (fault.kind == FaultKind::kClog) {
    const auto direction = fault.severity == 0 ? Direction::kToNode : Direction::kFromNode;
    state.blocked.push_back({kAnyProcess, node(fault), direction});
  } else {
    for (NodeId node = 0; node < victims_.nodes; ++node) {
      if ((fault.severity >> node & 1U) == 0) continue;
      if (fault.extent != 2) state.blocked.push_back({process(fault), node, Direction::kToNode});
      if (fault.extent != 1) state.blocked.push_back({process(fault), node, Direction::kFromNode});
    }
  }
  for (const Link& link : state.blocked) victims_.network.block(link);
}

bool GroupFaults::stop_node(State& state, NodeId node, mock::StopMode mode) {
  if (!victims_.network.is_up(node)) return false;
  victims_.network.stop_node(node, mode);
  state.down.push_back(node);
  ++state.effects;
  return true;
}

bool GroupFaults::pause_process(State& state) {
  Scheduler& scheduler = *Scheduler::current();
  const ProcessId process = this->process(state.fault);
  if (scheduler.live_fibers(process) == 0 || scheduler.is_paused(process)) return false;
  victims_.watch.paused(process);
  scheduler.pause(process);
  ++state.effects;
  return true;
}

// Of a node: members do not look at the time of day.
bool GroupFaults::change_clock(State& state) {
  const Fault& fault = state.fault;
  const TimePoint at = Scheduler::current()->time();
  const auto amount = static_cast<std::int64_t>(fault.extent);
  const std::int64_t by = fault.severity % 2 == 1 ? -amount : amount;
  bool was_right = false;
  victims_.network.change_wall_clock(node(fault), [&](WallClock& clock) {
    was_right = clock == WallClock();
    if (!was_right) return;
    if (fault.kind == FaultKind::kClockJump) {
      clock.jump(at, milliseconds(by));
    } else {
      clock.drift(at, by);
    }
  });
  return was_right;
}

// Whether something was there to be struck.
bool GroupFaults::strike(State& state) {
  const Fault& fault = state.fault;
  switch (fault.kind) {
    case FaultKind::kCoordinatorMove:
      if (!move_coordinator(fault)) return false;
      ++state.effects;
      return true;
    case FaultKind::kBrokerRestart:
      return stop_node(state, node(fault),
                       fault.severity != 0 ? mock::StopMode::kControlled : mock::StopMode::kCrash);
    case FaultKind::kRollingRestart:
      return true;  // in steps
    case FaultKind::kPartition:
    case FaultKind::kClog:
      block(state);
      return true;
    case FaultKind::kSlowBroker:
      victims_.network.delay_answers(node(fault), milliseconds(fault.extent));
      return true;
    case FaultKind::kBrokerPause:
      if (victims_.network.is_paused(node(fault))) return false;
      victims_.network.pause_node(node(fault));
      return true;
    case FaultKind::kProcessPause:
    case FaultKind::kLongPause:
      return pause_process(state);
    case FaultKind::kClockJump:
    case FaultKind::kClockDrift:
      return change_clock(state);
    default:
      return true;
  }
}

void GroupFaults::begin(std::size_t index) {
  State& state = states_[index];
  state.before = counter(state.fault, state);
  state.has_begun = strike(state);
  if (!state.has_begun) return;
  {
    const Uninterrupted scope;
    state.is_active = true;
  }
  if (!state.blocked.empty()) state.before = counter(state.fault, state);
  update_profile();
  const Uninterrupted scope;
  victims_.watch.note("world", "meets " + text_of(state.fault));
}

std::vector<Duration> GroupFaults::steps(std::size_t index) const {
  const Fault& fault = states_[index].fault;
  std::vector<Duration> steps;
  if (fault.kind != FaultKind::kRollingRestart) return steps;
  const Duration each = fault.duration / victims_.nodes;
  for (int node = 0; node < victims_.nodes; ++node) {
    steps.push_back(each * node);
    steps.push_back(each * node + each * 4 / 5);
  }
  return steps;
}

void GroupFaults::step(std::size_t index, std::size_t number) {
  State& state = states_[index];
  if (!state.is_active) return;
  const auto node = static_cast<NodeId>(number / 2);
  if (number % 2 == 0) {
    stop_node(state, node, mock::StopMode::kControlled);
  } else if (std::erase(state.down, node) > 0) {
    victims_.network.start_node(node);
  }
}

// Whether another strikes the same node in the same way.
bool GroupFaults::is_another_at(const State& self) const {
  return std::any_of(states_.begin(), states_.end(), [&](const State& other) {
    return &other != &self && other.is_active && other.fault.kind == self.fault.kind &&
           node(other.fault) == node(self.fault);
  });
}

void GroupFaults::heal(State& state) {
  const Fault& fault = state.fault;
  for (const NodeId down : std::exchange(state.down, {})) victims_.network.start_node(down);
  for (const Link& link : state.blocked) {
    const bool is_shared = std::any_of(states_.begin(), states_.end(), [&](const State& other) {
      return other.is_active &&
             std::find(other.blocked.begin(), other.blocked.end(), link) != other.blocked.end();
    });
    if (!is_shared) victims_.network.unblock(link);
  }
  switch (fault.kind) {
    case FaultKind::kSlowBroker:
      if (!is_another_at(state)) victims_.network.delay_answers(node(fault), Duration::zero());
      break;
    case FaultKind::kBrokerPause:
      victims_.network.resume_node(node(fault));
      break;
    case FaultKind::kProcessPause:
    case FaultKind::kLongPause:
      Scheduler::current()->resume(process(fault));
      victims_.watch.resumed(process(fault));
      break;
    case FaultKind::kClockJump:
    case FaultKind::kClockDrift:
      victims_.network.change_wall_clock(node(fault), [](WallClock& clock) { clock.set_right(); });
      break;
    case FaultKind::kHeldAnswers:
      victims_.network.release_held_answers();
      break;
    case FaultKind::kSwallowedAnswers:
      victims_.network.close_silent_connections();
      break;
    default:
      break;
  }
}

void GroupFaults::end(std::size_t index) {
  State& state = states_[index];
  if (!state.is_active) return;
  {
    const Uninterrupted scope;
    state.is_active = false;
    state.effects = counter(state.fault, state) - state.before;
  }
  update_profile();
  heal(state);
}

void GroupFaults::end_all() {
  for (std::size_t i = 0; i < states_.size(); ++i) end(i);
}

std::optional<ErrorCode> GroupFaults::refuse(const mock::Request& request, Tape& tape) {
  for (State& state : states_) {
    const Fault& fault = state.fault;
    if (!state.is_active || fault.kind != FaultKind::kApiErrors) continue;
    if (std::string_view(mock::api_name(request)) != api_of(fault)) continue;
    if (!tape.one_in(fault.severity)) continue;
    ++state.effects;
    return kRefusals[fault.extent % kRefusals.size()];
  }
  return std::nullopt;
}

std::array<std::uint64_t, kFaultKinds> GroupFaults::counts() const {
  std::array<std::uint64_t, kFaultKinds> counts{};
  for (const State& state : states_) {
    if (!state.has_begun) continue;
    const std::uint64_t effects =
        state.is_active ? counter(state.fault, state) - state.before : state.effects;
    if (effects > 0) ++counts[static_cast<std::size_t>(state.fault.kind)];
  }
  return counts;
}

std::vector<std::string> GroupFaults::active() const {
  std::vector<std::string> active;
  for (const State& state : states_) {
    if (state.is_active) active.push_back(text_of(state.fault));
  }
  return active;
}

}  // namespace rookery::sim
