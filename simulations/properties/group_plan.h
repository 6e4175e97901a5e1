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

struct GroupPlan {
  int nodes = 3;
  int partitions = 4;
  std::uint64_t groups = 1;
  std::vector<LifePlan> members;
  bool is_one_process = false;  // of all members, not of each its own
  std::uint64_t records = 0;    // produced while there is trouble
  Duration trouble{0};
  std::vector<Fault> faults;
  // A coordinator that does not know a member any more: one beat or commit in so many.
  std::uint64_t refused_one_in = 0;
  Duration latency_spread{0};
  mock::ClusterOptions cluster;
  Duration settled_for{0};  // before it counts
  Duration quiet_for{0};
  // When it is quiet, after so long all connections break once; zero: they do not.
  Duration break_after{0};
  // Of the beats of that time one in so many is refused with an error that is to be retried.
  std::uint64_t failed_beats_one_in = 0;
};

// Up to four members of two groups on three nodes that fail.
GroupPlan draw_group_plan(Tape& tape);
// One or two members of a group on one node, for a moment, and nothing fails: few enough choices
// for schedules to be enumerated.
GroupPlan draw_small_group_plan(Tape& tape);

}  // namespace rookery::sim
