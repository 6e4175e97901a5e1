// fault_injector.h
//
// Makes a run's faults happen, each at its time, and counts those that took effect.
//
// Thread rules: the world's main fiber.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "simulations/faults/fault.h"
#include "simulations/world/producer_process.h"
#include "simulations/world/server_process.h"
#include "simulations/world/stage.h"

namespace rookery::sim {

class FaultInjector {
 public:
  using Servers = std::vector<std::unique_ptr<ServerProcess>>;

  // All outlive the injector.
  FaultInjector(Stage& stage, Servers& servers, ProducerProcess& producer, int nodes,
                std::vector<TopicPartition> partitions, std::vector<std::string> groups,
                std::vector<Fault> faults);

  // Returns when the last fault is over, but for those that only heal() ends.
  void run();
  // Everything is well again: network, nodes, processes. Dead and hanging servers start anew.
  void heal();

  std::array<std::uint64_t, kFaultKinds> counts() const;

 private:
  struct State {
    Fault fault;
    std::uint64_t note = 0;
    bool is_active = false;
    bool is_effective = false;
    std::uint64_t counter_before = 0;  // what it would have increased
    std::vector<Link> links;
    ServerProcess* server = nullptr;
    ProcessId process = kWorld;
  };

  void begin(std::size_t index);
  void end(std::size_t index);
  void began(State& state);
  void move_leader(State& state);
  void move_coordinator(State& state);
  void block(State& state);
  void tell_of(ProcessId process, EventKind kind);
  void update_profile();
  std::uint64_t counter_of(FaultKind kind) const;
  ServerProcess& server_of(const Fault& fault) { return *servers_[fault.target % servers_.size()]; }
  NodeId node_of(std::uint64_t number) const {
    return static_cast<NodeId>(number % static_cast<std::uint64_t>(nodes_));
  }

  Stage& stage_;
  Servers& servers_;
  ProducerProcess& producer_;
  const int nodes_;
  const std::vector<TopicPartition> partitions_;
  const std::vector<std::string> groups_;
  const NetworkProfile plain_;
  std::vector<State> states_;
  std::map<Link, int> blocked_;            // by how many faults
  std::map<NodeId, std::size_t> stopped_;  // by which fault
};

}  // namespace rookery::sim
