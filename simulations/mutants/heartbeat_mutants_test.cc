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
#include "simulations/properties/group_schedules.h"
#include "simulations/scheduler/exhaustive.h"
#include "simulations/scheduler/strategies.h"

namespace rookery::sim {
namespace {

constexpr std::uint64_t kSeedsMost = 10'000;
// Of schedules without pre-emption.
constexpr std::uint64_t kPlainSeeds = 150;
constexpr std::size_t kSurvivorsLeast = 9;
// Of group life made small. What takes more is in mutants.md.
constexpr std::uint64_t kSchedulesMost = 2'000;
constexpr struct {
  const char* name;
  std::uint64_t preemptions_most;
} kFoundByEnumeration[] = {{"heartbeat.join_under_lock", 0},
                           {"rejoin.late_join_disables_beats", 1},
                           {"rejoin.late_join_is_followed", 1}};

// Those whose mark begins so: D are the deadlocks, R is about records.
std::vector<MutantEntry> mutants_of(char letter) {
  std::vector<MutantEntry> some;
  for (const MutantEntry& mutant : all_mutants()) {
    if (mutant.mark.starts_with(letter)) some.push_back(mutant);
  }
  return some;
}

// A find is the mutant's doing: the same seed is well without it, and the same again with it.
void expect_found(const MutantEntry& mutant) {
  const Hunt hunt = hunt_mutant(mutant.name, group_life, {.seeds_most = kSeedsMost});
  ASSERT_EQ(hunt.finds, 1U) << mutant.name << " survives " << hunt.runs << " runs";
  std::cout << "explored " << mutant.mark << " " << mutant.name << ": found in run " << hunt.runs
            << ", \"" << hunt.broken->promise << "\"\n";
  const HuntOptions same_seed = {.first_seed = hunt.seed, .seeds_most = 1};
  EXPECT_EQ(hunt_mutant("", group_life, same_seed).finds, 0U) << mutant.name;
  const Hunt again = hunt_mutant(mutant.name, group_life, same_seed);
  ASSERT_EQ(again.finds, 1U) << mutant.name;
  EXPECT_EQ(again.broken->text, hunt.broken->text) << mutant.name;
}

TEST(HeartbeatMutants, AreAllThere) {
  ASSERT_TRUE(kHasMutants);
  const std::vector<MutantEntry> mutants = mutants_of('D');
  ASSERT_EQ(mutants.size(), 12U);
  for (std::size_t i = 0; i < mutants.size(); ++i) {
    EXPECT_EQ(mutants[i].mark, "D" + std::to_string(i + 1));
  }
}

TEST(HeartbeatMutants, AreFound) {
  for (const MutantEntry& mutant : mutants_of('D')) expect_found(mutant);
}

TEST(RecordMutants, AreFound) {
  ASSERT_EQ(mutants_of('R').size(), 4U);
  for (const MutantEntry& mutant : mutants_of('R')) expect_found(mutant);
}

// With so few pre-emptions, and not by the same schedule without the mutant.
TEST(HeartbeatMutants, AreFoundByEnumeratedSchedules) {
  for (const auto& [name, preemptions_most] : kFoundByEnumeration) {
    ASSERT_TRUE(switch_mutant_on(name));
    const ScheduleSearch search = search_schedules({.schedules_most = kSchedulesMost});
    switch_mutant_on("");
    ASSERT_TRUE(search.broken) << name << " survives " << search.schedules << " schedules";
    EXPECT_LE(search.preemptions, preemptions_most) << name;
    std::cout << "explored " << name << ": found by schedule " << search.schedules << " with "
              << search.preemptions << " pre-emptions, \"" << search.broken->promise << "\"\n";
    ScheduleStrategy again(search.schedule);
    EXPECT_FALSE(small_group_life(search.seed, again, {}).broken) << name;
  }
}

TEST(HeartbeatMutants, MostlySurviveSchedulesWithoutPreemption) {
  std::string found;
  std::size_t survivors = 0;
  for (const MutantEntry& mutant : mutants_of('D')) {
    const Hunt hunt = hunt_mutant(mutant.name, group_life_with(StrategyKind::kRunUntilBlocked),
                                  {.seeds_most = kPlainSeeds});
    if (hunt.finds == 0) ++survivors;
    if (hunt.finds > 0) found += " " + std::string(mutant.mark);
  }
  EXPECT_GE(survivors, kSurvivorsLeast) << "found:" << found;
}

}  // namespace
}  // namespace rookery::sim
