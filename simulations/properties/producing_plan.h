// producing_plan.h
//
// What a run of the producing property does: how much is sent with what settings, what the network
// and the nodes do meanwhile, and whether the producer is closed in the middle of it.
#pragma once

#include <rookery/runtime/time_types.h>
#include <rookery/transport/transport.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "simulations/network/simulated_network.h"
#include "simulations/scheduler/tape.h"

namespace rookery::sim {

inline constexpr int kProducingNodes = 3;

struct ProducingFault {
  TimePoint at;
  Duration length;
  NodeId node = 0;
  int kind = 0;  // 0 a node stops in order, 1 it crashes, 2 its answers are late
};

struct ProducingPlan {
  bool is_idempotent = true;
  std::uint64_t senders = 1;
  std::uint64_t records = 1;  // of each sender
  ConfigMap config;
  NetworkProfile profile;
  std::vector<ProducingFault> faults;
  std::optional<Duration> closes_after;  // in the middle of the work
};

ProducingPlan draw_producing_plan(Tape& tape);

}  // namespace rookery::sim
