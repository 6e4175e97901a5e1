// heartbeat_schedules_test.cc
//
// The heartbeat cannot deadlock: groups live by drawn schedules of every strategy, and group life
// made small lives by all schedules with few pre-emptions, one after the other. What the bugs of
// history look like here is simulations/mutants' business.
//
// Prints what it explored: `./rookery test --only heartbeat` repeats that.
#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <string>

#include "simulations/properties/group_life.h"
#include "simulations/properties/group_schedules.h"
#include "simulations/scheduler/strategies.h"

namespace rookery::sim {
namespace {

constexpr std::uint64_t kRunsOfEach = 100;
constexpr std::uint64_t kSchedules = 4'000;

std::string text_of(const BrokenPromise& broken) {
  std::string text = broken.promise + ": " + broken.text + "\n";
  for (const std::string& line : broken.timeline) text += "  " + line + "\n";
  return text;
}

std::string text_of(const Schedule& schedule) {
  std::string text;
  for (const Departure& one : schedule) {
    text += " " + std::to_string(one.choice) + "+" + std::to_string(one.way);
  }
  return text;
}

TEST(Heartbeat, CannotDeadlockBySchedulesOfAnyStrategy) {
  StackPool stacks;
  std::uint64_t runs = 0;
  std::uint64_t rebalances = 0;
  std::uint64_t records = 0;
  std::uint64_t preemptions = 0;
  std::string names;
  for (const StrategyKind kind :
       {StrategyKind::kRandom, StrategyKind::kSticky, StrategyKind::kPct, StrategyKind::kStarvation,
        StrategyKind::kPos, StrategyKind::kRunUntilBlocked}) {
    names += std::string(names.empty() ? "" : ", ") + name(kind);
    for (std::uint64_t seed = 1001; seed < 1001 + kRunsOfEach; ++seed) {
      RunTape tape({.seed = seed});
      const RunOutcome outcome = group_life_with(kind)(tape, {.stacks = &stacks});
      ASSERT_FALSE(outcome.broken)
          << "seed " << seed << ", " << name(kind) << ": " << text_of(*outcome.broken);
      ++runs;
      rebalances += outcome.rebalances;
      records += outcome.records;
      preemptions += outcome.size.preemptions;
    }
  }
  EXPECT_GT(rebalances, 5 * runs);
  EXPECT_GT(records, 5 * runs);
  std::cout << "explored " << runs << " runs of group life (" << names << "): " << rebalances
            << " rebalances, " << records << " records, " << preemptions << " pre-emptions\n";
}

TEST(Heartbeat, CannotDeadlockByEnumeratedSchedules) {
  const ScheduleSearch search = search_schedules({.schedules_most = kSchedules});
  ASSERT_FALSE(search.broken) << "plan of seed " << search.seed << ", departures"
                              << text_of(search.schedule) << ": " << text_of(*search.broken);
  EXPECT_EQ(search.schedules, kSchedules);
  EXPECT_GT(search.rebalances, search.schedules);
  std::cout << "explored " << search.schedules << " enumerated schedules of " << search.plans
            << " small plans, by their pre-emptions:";
  for (const std::uint64_t count : search.by_preemptions) std::cout << " " << count;
  std::cout << "; " << search.rebalances << " rebalances, " << search.steps << " steps, up to "
            << search.choices_most << " choices in one\n";
}

}  // namespace
}  // namespace rookery::sim
