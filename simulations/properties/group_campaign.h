// group_campaign.h
//
// Groups that live, seed after seed, within a test: told as a campaign tells it, in at most 25
// lines, made smaller, with the commands that replay it.
//
// --replay=LINE runs that run alone; ROOKERY_SEEDS=N so many instead of those the test asks for;
// ROOKERY_SEED=N only that one, with all its events.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "simulations/faults/fault.h"
#include "simulations/scheduler/strategies.h"

namespace rookery::sim {

struct LivedThrough {
  bool is_replay = false;  // of one run, or it has failed: sums say nothing
  std::uint64_t runs = 0;
  std::uint64_t rebalances = 0;
  std::uint64_t records = 0;
  std::uint64_t steps = 0;
  std::uint64_t preemptions = 0;
  std::array<std::uint64_t, kFaultKinds> faults{};  // that took effect

  // "coordinator_move 23, broker_restart 20 ..."
  std::string faults_text() const;
};

// Fails the test where a promise is broken.
LivedThrough live_through(StrategyKind kind, std::uint64_t first_seed, std::uint64_t seeds);

}  // namespace rookery::sim
