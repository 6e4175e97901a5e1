// group_life_test.cc
//
// Groups live without a violation, under every strategy; and a run is a function of its tape.
#include "simulations/properties/group_life.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "simulations/scheduler/strategies.h"

namespace rookery::sim {
namespace {

std::string text_of(const BrokenPromise& broken) {
  std::string text = broken.promise + ": " + broken.text + "\n";
  for (const std::string& line : broken.timeline) text += "  " + line + "\n";
  return text;
}

struct Sums {
  std::uint64_t runs = 0;
  std::uint64_t rebalances = 0;
  std::uint64_t steps = 0;
  std::uint64_t preemptions = 0;
  std::array<std::uint64_t, kFaultKinds> faults{};
};

// ROOKERY_SEED=N: only that one, with all events; ROOKERY_SEEDS=N: so many.
Sums live(StrategyKind kind, std::uint64_t seeds) {
  const char* only = std::getenv("ROOKERY_SEED");
  const std::uint64_t first = only ? std::strtoull(only, nullptr, 10) : 1;
  const char* more = std::getenv("ROOKERY_SEEDS");
  const std::uint64_t last = only ? first : more ? std::strtoull(more, nullptr, 10) : seeds;
  StackPool stacks;
  Sums sums;
  for (std::uint64_t seed = first; seed <= last && !::testing::Test::HasFailure(); ++seed) {
    RunTape tape({.seed = seed});
    const RunOutcome outcome =
        group_life_with(kind)(tape, {.trace = only ? &std::cerr : nullptr, .stacks = &stacks});
    if (outcome.broken) {
      ADD_FAILURE() << "with ROOKERY_SEED=" << seed << ", " << name(kind) << ": "
                    << text_of(*outcome.broken);
    }
    ++sums.runs;
    sums.rebalances += outcome.rebalances;
    sums.steps += outcome.steps;
    sums.preemptions += outcome.size.preemptions;
    for (std::size_t i = 0; i < kFaultKinds; ++i) sums.faults[i] += outcome.faults[i];
  }
  std::cout << name(kind) << ": " << sums.runs << " runs, " << sums.rebalances << " rebalances, "
            << sums.steps << " steps, " << sums.preemptions << " pre-emptions\n";
  return sums;
}

TEST(GroupLife, KeepsItsPromisesWithoutPreemption) {
  const Sums sums = live(StrategyKind::kRunUntilBlocked, 200);
  EXPECT_EQ(sums.preemptions, 0U);
}

TEST(GroupLife, KeepsItsPromisesAtRandom) { live(StrategyKind::kRandom, 200); }

TEST(GroupLife, KeepsItsPromisesInLongStretches) { live(StrategyKind::kSticky, 200); }

TEST(GroupLife, KeepsItsPromisesUnderPriorities) { live(StrategyKind::kPct, 200); }

TEST(GroupLife, KeepsItsPromisesWhenThreadsAreHeldBack) {
  const Sums sums = live(StrategyKind::kStarvation, 200);
  EXPECT_GT(sums.preemptions, sums.runs);
}

TEST(GroupLife, MeetsEveryFault) {
  const Sums sums = live(StrategyKind::kDrawn, 200);
  for (const FaultKind kind :
       {FaultKind::kCoordinatorMove, FaultKind::kBrokerRestart, FaultKind::kLatencyStorm,
        FaultKind::kConnectionLoss, FaultKind::kPartition, FaultKind::kSlowBroker,
        FaultKind::kRequestErrors}) {
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
