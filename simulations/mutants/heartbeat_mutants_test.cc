// heartbeat_mutants_test.cc
//
// Every deadlock of the heartbeat's history is found when it is put back (design: coordination.md),
// and most of them only by schedules that pre-empt.
#include <gtest/gtest.h>
#include <rookery/runtime/mutant.h>

#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "simulations/mutants/hunt.h"
#include "simulations/properties/group_life.h"
#include "simulations/scheduler/strategies.h"

namespace rookery::sim {
namespace {

constexpr std::uint64_t kSeedsMost = 10'000;
// Of schedules without pre-emption.
constexpr std::uint64_t kPlainSeeds = 150;
constexpr std::size_t kSurvivorsLeast = 9;

std::vector<MutantEntry> heartbeat_mutants() {
  std::vector<MutantEntry> some;
  for (const MutantEntry& mutant : all_mutants()) {
    if (mutant.mark.starts_with('D')) some.push_back(mutant);
  }
  return some;
}

TEST(HeartbeatMutants, AreAllThere) {
  ASSERT_TRUE(kHasMutants);
  const std::vector<MutantEntry> mutants = heartbeat_mutants();
  ASSERT_EQ(mutants.size(), 12U);
  for (std::size_t i = 0; i < mutants.size(); ++i) {
    EXPECT_EQ(mutants[i].mark, "D" + std::to_string(i + 1));
  }
}

// A find is the mutant's doing: the same seed is well without it, and the same again with it.
TEST(HeartbeatMutants, AreFound) {
  for (const MutantEntry& mutant : heartbeat_mutants()) {
    const Hunt hunt = hunt_mutant(mutant.name, group_life, {.seeds_most = kSeedsMost});
    EXPECT_EQ(hunt.finds, 1U) << mutant.name << " survives " << hunt.runs << " runs";
    if (!hunt.broken) continue;
    std::cout << mutant.mark << " " << mutant.name << ": run " << hunt.runs << ", "
              << hunt.broken->promise << "\n";
    const HuntOptions same_seed = {.first_seed = hunt.seed, .seeds_most = 1};
    EXPECT_EQ(hunt_mutant("", group_life, same_seed).finds, 0U) << mutant.name;
    const Hunt again = hunt_mutant(mutant.name, group_life, same_seed);
    ASSERT_EQ(again.finds, 1U) << mutant.name;
    EXPECT_EQ(again.broken->text, hunt.broken->text) << mutant.name;
  }
}

TEST(HeartbeatMutants, MostlySurviveSchedulesWithoutPreemption) {
  std::string found;
  std::size_t survivors = 0;
  for (const MutantEntry& mutant : heartbeat_mutants()) {
    const Hunt hunt = hunt_mutant(mutant.name, group_life_with(StrategyKind::kRunUntilBlocked),
                                  {.seeds_most = kPlainSeeds});
    if (hunt.finds == 0) ++survivors;
    if (hunt.finds > 0) found += " " + std::string(mutant.mark);
  }
  EXPECT_GE(survivors, kSurvivorsLeast) << "found:" << found;
}

}  // namespace
}  // namespace rookery::sim
