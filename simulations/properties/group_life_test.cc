// group_life_test.cc
//
// Groups live without a violation, under every strategy; and a run is a function of its tape.
#include "simulations/properties/group_life.h"

#include <gtest/gtest.h>

#include <iostream>

#include "simulations/properties/group_campaign.h"
#include "simulations/properties/group_faults.h"
#include "simulations/scheduler/strategies.h"

namespace rookery::sim {
namespace {

LivedThrough live(StrategyKind kind, std::uint64_t seeds = 200) {
  LivedThrough sums = live_through(kind, /*first_seed=*/1, seeds);
  std::cout << name(kind) << ": " << sums.runs << " runs, " << sums.rebalances << " rebalances, "
            << sums.steps << " steps, " << sums.preemptions << " pre-emptions\n";
  return sums;
}

TEST(GroupLife, KeepsItsPromisesWithoutPreemption) {
  const LivedThrough sums = live(StrategyKind::kRunUntilBlocked);
  EXPECT_EQ(sums.preemptions, 0U);
}

TEST(GroupLife, KeepsItsPromisesAtRandom) { live(StrategyKind::kRandom); }

TEST(GroupLife, KeepsItsPromisesInLongStretches) { live(StrategyKind::kSticky); }

TEST(GroupLife, KeepsItsPromisesUnderPriorities) { live(StrategyKind::kPct); }

TEST(GroupLife, KeepsItsPromisesWhenThreadsAreHeldBack) {
  const LivedThrough sums = live(StrategyKind::kStarvation);
  EXPECT_TRUE(sums.is_replay || sums.preemptions > sums.runs) << sums.preemptions;
}

TEST(GroupLife, MeetsEveryFault) {
  const LivedThrough sums = live(StrategyKind::kDrawn, 300);
  std::cout << "explored faults of group life: " << sums.faults_text() << "\n";
  if (sums.is_replay) return;
  for (const FaultKind kind : kGroupFaults) {
    EXPECT_GT(sums.faults[static_cast<std::size_t>(kind)], 0U) << name(kind);
  }
  EXPECT_GT(sums.rebalances, 5 * sums.runs);
}

TEST(GroupLife, IsAFunctionOfItsTape) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    RunTape tape({.seed = seed});
    RunTape again({.seed = seed});
    EXPECT_EQ(group_life(tape, {}).trace_hash, group_life(again, {}).trace_hash) << seed;
  }
}

}  // namespace
}  // namespace rookery::sim
