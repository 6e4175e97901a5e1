// group_faults.h
//
// What is done to groups that live: to their network, their nodes, their coordinators, and to the
// processes of their members. The kinds are those of simulations/faults, drawn for a few seconds of
// life instead of minutes.
//
// A fault counts when something was different because of it: a message was late, a request met a
// node that stood still, a coordinator did move.
//
// Thread rules: the world's main fiber, but for refuse(), which the cluster calls.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mockbroker/protocol/protocol.h"
#include "simulations/faults/fault.h"
#include "simulations/network/simulated_network.h"
#include "simulations/properties/group_watch.h"
#include "simulations/scheduler/tape.h"

namespace rookery::sim {

// What can be done to groups here.
inline constexpr std::array kGroupFaults = {
    FaultKind::kCoordinatorMove,    FaultKind::kBrokerRestart,     FaultKind::kLatencyStorm,
    FaultKind::kConnectionLoss,     FaultKind::kPartition,         FaultKind::kSlowBroker,
    FaultKind::kRequestErrors,      FaultKind::kProcessPause,      FaultKind::kLongPause,
    FaultKind::kBrokerPause,        FaultKind::kRollingRestart,    FaultKind::kClog,
    FaultKind::kResetBeforeSending, FaultKind::kResetAfterSending, FaultKind::kResetBeforeAnswer,
    FaultKind::kHeldAnswers,        FaultKind::kLateAnswers,       FaultKind::kSwallowedAnswers,
    FaultKind::kApiErrors,          FaultKind::kThrottling,        FaultKind::kClockJump,
    FaultKind::kClockDrift};

// Which requests of members kApiErrors refuses, one kind at a time (Fault::target), and how
// (Fault::extent): what a coordinator that moves or loads says.
inline constexpr std::array kRefusedApis = {"Heartbeat",      "JoinGroup",    "SyncGroup",
                                            "LeaveGroup",     "OffsetCommit", "OffsetFetch",
                                            "FindCoordinator"};
inline constexpr std::array kRefusals = {ErrorCode::kCoordinatorLoadInProgress,
                                         ErrorCode::kCoordinatorNotAvailable,
                                         ErrorCode::kNotCoordinator};

// Between `from` and `until`, which may be a little late. `bounds.servers`: processes of members.
Fault draw_group_fault(Tape& tape, const FaultBounds& bounds);

class GroupFaults {
 public:
  struct Victims {
    SimulatedNetwork& network;
    GroupWatch& watch;
    std::vector<std::string> groups;
    int nodes = 1;
    std::vector<ProcessId> processes;  // of members
  };

  // The plain profile is the network's at this moment.
  GroupFaults(Victims victims, const std::vector<Fault>& faults);

  void begin(std::size_t index);
  // Steps of a fault that has some, by their numbers.
  std::vector<Duration> steps(std::size_t index) const;
  void step(std::size_t index, std::size_t number);
  void end(std::size_t index);
  // All of them, and what no end was reached of.
  void end_all();

  // What a broker says to a request while errors of its kind are on; none: nothing.
  std::optional<ErrorCode> refuse(const mock::Request& request, Tape& tape);

  // That took effect, by kind.
  std::array<std::uint64_t, kFaultKinds> counts() const;
  // At work.
  std::vector<std::string> active() const;

 private:
  struct State {
    Fault fault;
    bool is_active = false;
    std::uint64_t before = 0;
    std::uint64_t effects = 0;  // things that were different
    std::vector<NodeId> down;   // that it stopped
    std::vector<Link> blocked;
    bool has_begun = false;  // and found something to strike
  };

  NodeId node(const Fault& fault) const;
  ProcessId process(const Fault& fault) const;
  // Of what the kind makes happen, so far.
  std::uint64_t counter(const Fault& fault, const State& state) const;
  bool strike(State& state);
  void heal(State& state);
  bool move_coordinator(const Fault& fault);
  void block(State& state);
  bool stop_node(State& state, NodeId node, mock::StopMode mode);
  bool pause_process(State& state);
  bool change_clock(State& state);
  void update_profile();
  bool is_another_at(const State& self) const;

  const Victims victims_;
  const NetworkProfile plain_;
  std::vector<State> states_;
};

}  // namespace rookery::sim
