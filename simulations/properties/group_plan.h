// group_plan.h
//
// What is decided before groups live: who, where, for how long, and what is done to the network and
// the cluster meanwhile.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "mockbroker/cluster/options.h"
#include "simulations/faults/fault.h"
#include "simulations/properties/life.h"
#include "simulations/scheduler/tape.h"

namespace rookery::sim {

struct PlannedFault {
  FaultKind kind = FaultKind::kCoordinatorMove;
  TimePoint at{};
  Duration length{0};
  NodeId node = 0;
  std::uint64_t variant = 0;
};

struct GroupPlan {
  int nodes = 3;
  int partitions = 4;
  std::uint64_t groups = 1;
  std::vector<LifePlan> members;
  std::uint64_t records = 0;  // produced while there is trouble
  Duration trouble{0};
  std::vector<PlannedFault> faults;
  // A coordinator that does not know a member any more: one beat or commit in so many.
  std::uint64_t refused_one_in = 0;
  Duration latency_spread{0};
  mock::ClusterOptions cluster;
  Duration settled_for{0};  // before it counts
  Duration quiet_for{0};
};

// Up to four members of two groups on three nodes that fail.
GroupPlan draw_group_plan(Tape& tape);
// One or two members of a group on one node, for a moment, and nothing fails: few enough choices
// for schedules to be enumerated.
GroupPlan draw_small_group_plan(Tape& tape);

}  // namespace rookery::sim
