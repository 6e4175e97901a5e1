// fault_injector.cc
//
// Begins and ends, in order of time. A fault that finds its target down already does nothing.

#include "simulations/world/fault_injector.h"

#include <rookery/runtime/time.h>

#include <algorithm>
#include <utility>

#include "mockbroker/cluster/inspection.h"

namespace rookery::sim {

FaultInjector::FaultInjector(Stage& stage, Servers& servers, ProducerProcess& producer, int nodes,
                             std::vector<TopicPartition> partitions,
                             std::vector<std::string> groups, std::vector<Fault> faults)
    : stage_(stage),
      servers_(servers),
      producer_(producer),
      nodes_(nodes),
      partitions_(std::move(partitions)),
      groups_(std::move(groups)),
      plain_(stage.network.profile()) {
  for (const Fault& fault : faults) {
    State state;
    state.fault = fault;
    state.note = stage_.history.note(text(fault));
    states_.push_back(std::move(state));
  }
}

void FaultInjector::run() {
  struct Action {
    Duration at;
    std::size_t index;
    bool is_end;
  };
  std::vector<Action> actions;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const Fault& fault = states_[i].fault;
    actions.push_back({fault.at, i, false});
    if (fault.duration > Duration::zero()) {
      actions.push_back({fault.at + fault.duration, i, true});
    }
  }
  std::stable_sort(actions.begin(), actions.end(),
                   [](const Action& a, const Action& b) { return a.at < b.at; });
  const TimePoint start = stage_.scheduler.time();
  for (const Action& action : actions) {
    sleep_until(start + action.at);
    if (action.is_end) {
      end(action.index);
    } else {
      begin(action.index);
    }
  }
}

void FaultInjector::began(State& state) {
  state.is_active = true;
  stage_.recorder.tell({.kind = EventKind::kFaultBegan, .detail = state.note});
}

void FaultInjector::begin(std::size_t index) {
  State& state = states_[index];
  const Fault& fault = state.fault;
  state.counter_before = counter_of(fault.kind);
  switch (fault.kind) {
    case FaultKind::kBrokerRestart: {
      const NodeId node = node_of(fault.target);
      if (!stage_.network.is_up(node)) return;
      began(state);
      stopped_[node] = index;
      stage_.network.stop_node(
          node, fault.severity != 0 ? mock::StopMode::kControlled : mock::StopMode::kCrash);
      state.is_effective = true;
      return;
    }
    case FaultKind::kLeaderMove:
      return move_leader(state);
    case FaultKind::kCoordinatorMove:
      return move_coordinator(state);
    case FaultKind::kLatencyStorm:
    case FaultKind::kConnectionLoss:
    case FaultKind::kRequestErrors:
      began(state);
      return update_profile();
    case FaultKind::kSlowBroker:
      began(state);
      stage_.network.delay_answers(node_of(fault.target), std::chrono::milliseconds(fault.extent));
      return;
    case FaultKind::kPartition:
      return block(state);
    case FaultKind::kProcessRestart: {
      ServerProcess& server = server_of(fault);
      if (!server.is_running()) return;
      began(state);
      state.server = &server;
      state.is_effective = true;
      server.kill();
      return;
    }
    case FaultKind::kProcessPause:
    case FaultKind::kLongPause: {
      ServerProcess& server = server_of(fault);
      if (!server.is_running() || server.is_paused()) return;
      began(state);
      state.server = &server;
      state.process = server.process();
      state.is_effective = true;
      server.pause();
      return;
    }
    case FaultKind::kThrowingHandler:
    case FaultKind::kSlowHandler:
      began(state);
      stage_.handler_faults.begin(index, fault, kNone);
      return;
    case FaultKind::kHangingHandler: {
      ServerProcess& server = server_of(fault);
      if (!server.is_running()) return;
      began(state);
      stage_.handler_faults.begin(index, fault, server.index());
      return;
    }
  }
}

void FaultInjector::end(std::size_t index) {
  State& state = states_[index];
  if (!state.is_active) return;
  state.is_active = false;
  const Fault& fault = state.fault;
  if (counter_of(fault.kind) > state.counter_before) state.is_effective = true;
  switch (fault.kind) {
    case FaultKind::kBrokerRestart: {
      const NodeId node = node_of(fault.target);
      if (stopped_[node] == index) stage_.network.start_node(node);
      break;
    }
    case FaultKind::kLatencyStorm:
    case FaultKind::kConnectionLoss:
    case FaultKind::kRequestErrors:
      update_profile();
      break;
    case FaultKind::kSlowBroker:
      stage_.network.delay_answers(node_of(fault.target), Duration::zero());
      break;
    case FaultKind::kPartition:
      for (const Link& link : state.links) {
        if (--blocked_[link] == 0) stage_.network.unblock(link);
      }
      tell_of(state.process, EventKind::kReachable);
      break;
    case FaultKind::kProcessRestart:
      if (!state.server->is_running()) state.server->start();
      break;
    case FaultKind::kProcessPause:
    case FaultKind::kLongPause:
      // It may have been killed, and started again, meanwhile.
      if (state.server->is_paused() && state.server->process() == state.process) {
        state.server->resume();
      }
      break;
    case FaultKind::kThrowingHandler:
    case FaultKind::kSlowHandler:
      stage_.handler_faults.end(index);
      break;
    case FaultKind::kLeaderMove:
    case FaultKind::kCoordinatorMove:
    case FaultKind::kHangingHandler:
      break;
  }
  stage_.recorder.tell({.kind = EventKind::kFaultEnded, .detail = state.note});
}

void FaultInjector::heal() {
  for (std::size_t i = 0; i < states_.size(); ++i) end(i);
  stage_.handler_faults.end_all();
  for (const std::unique_ptr<ServerProcess>& server : servers_) {
    // What hangs is ended by an operator.
    if (server->is_hanging()) server->kill();
    if (!server->is_running()) server->start();
  }
}

void FaultInjector::move_leader(State& state) {
  if (partitions_.empty()) return;
  const TopicPartition& partition = partitions_[state.fault.target % partitions_.size()];
  const NodeId node = node_of(state.fault.severity);
  stage_.network.with_cluster([&](mock::Cluster& cluster, TimePoint now) {
    const auto before = cluster.inspect().placement(partition);
    if (!before || before->leader == node || !before->has_replica(node)) return;
    // Refused when the node is down: then nothing happened.
    state.is_effective = cluster.move_leader(now, partition, node).has_value();
  });
  if (!state.is_effective) return;
  stage_.recorder.tell({.kind = EventKind::kFaultBegan, .detail = state.note});
}

void FaultInjector::move_coordinator(State& state) {
  if (groups_.empty()) return;
  const std::string& group = groups_[state.fault.target % groups_.size()];
  const NodeId node = node_of(state.fault.severity);
  stage_.network.with_cluster([&](mock::Cluster& cluster, TimePoint now) {
    if (cluster.inspect().coordinator(group) == node) return;
    state.is_effective = cluster.move_coordinator(now, group, node).has_value();
  });
  if (!state.is_effective) return;
  stage_.recorder.tell({.kind = EventKind::kFaultBegan, .detail = state.note});
}

void FaultInjector::block(State& state) {
  const Fault& fault = state.fault;
  const std::size_t target = fault.target % (servers_.size() + 1);
  ProcessId process = producer_.process();
  if (target < servers_.size()) {
    if (!servers_[target]->is_running()) return;
    process = servers_[target]->process();
  }
  began(state);
  for (NodeId node = 0; node < nodes_; ++node) {
    if (((fault.severity >> node) & 1U) == 0) continue;
    if (fault.extent != 2) state.links.push_back({process, node, Direction::kToNode});
    if (fault.extent != 1) state.links.push_back({process, node, Direction::kFromNode});
  }
  for (const Link& link : state.links) {
    if (blocked_[link]++ == 0) stage_.network.block(link);
  }
  state.process = process;
  tell_of(process, EventKind::kCutOff);
}

void FaultInjector::tell_of(ProcessId process, EventKind kind) {
  const ProcessIndex index = stage_.recorder.process_of(process);
  if (index != kNone) stage_.recorder.tell({.kind = kind, .process = index});
}

void FaultInjector::update_profile() {
  NetworkProfile profile = plain_;
  for (const State& state : states_) {
    if (!state.is_active) continue;
    // Of several at once the later one counts.
    if (state.fault.kind == FaultKind::kLatencyStorm) {
      profile.slow_one_in = state.fault.severity;
      profile.slow_most = std::chrono::milliseconds(state.fault.extent);
    } else if (state.fault.kind == FaultKind::kConnectionLoss) {
      profile.loss_one_in = state.fault.severity;
    } else if (state.fault.kind == FaultKind::kRequestErrors) {
      profile.error_one_in = state.fault.severity;
    }
  }
  stage_.network.set_profile(profile);
}

std::uint64_t FaultInjector::counter_of(FaultKind kind) const {
  const NetworkCounts counts = stage_.network.counts();
  switch (kind) {
    case FaultKind::kLatencyStorm:
      return counts.slow_messages;
    case FaultKind::kConnectionLoss:
      return counts.lost_before_sending + counts.lost_after_sending + counts.lost_before_answer;
    case FaultKind::kRequestErrors:
      return counts.errors;
    case FaultKind::kSlowBroker:
      return counts.delayed_answers;
    case FaultKind::kPartition:
      return counts.stalled_messages;
    default:
      return 0;
  }
}

std::array<std::uint64_t, kFaultKinds> FaultInjector::counts() const {
  std::array<std::uint64_t, kFaultKinds> counts{};
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const State& state = states_[i];
    if (!state.is_effective && !stage_.handler_faults.is_effective(i)) continue;
    ++counts[static_cast<std::size_t>(state.fault.kind)];
  }
  return counts;
}

}  // namespace rookery::sim
