// heartbeat_schedules_test.cc
//
// The heartbeat cannot deadlock: groups live by drawn schedules of every strategy, and group life
// made small lives by all schedules with few pre-emptions, one after the other. What the bugs of
// history look like here is simulations/mutants' business.
//
// Prints what it explored: `./rookery test --only heartbeat` repeats that. A failure prints what to
// type to see it again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>

#include "simulations/explorer/failure_text.h"
#include "simulations/explorer/test_replay.h"
#include "simulations/properties/group_campaign.h"
#include "simulations/properties/group_life.h"
#include "simulations/properties/group_schedules.h"
#include "simulations/scheduler/strategies.h"

namespace rookery::sim {
namespace {

constexpr std::uint64_t kRunsOfEach = 100;
constexpr std::uint64_t kSchedules = 4'000;
// A plan that is small enough for all its schedules with one pre-emption.
constexpr std::uint64_t kSmallestPlan = 1;
constexpr std::uint64_t kSchedulesOfSmallest = 6'000;

// What a person reads of an enumerated schedule that breaks a promise.
std::string story(const EnumeratedRun& run, const RunOutcome& outcome) {
  std::string told = "plan of seed " + std::to_string(run.seed) + " broke the promise \"" +
                     outcome.broken->promise + "\"\n" + failure_text(outcome, std::nullopt);
  for (const std::string& command : replay_commands(text(run))) {
    told += "  run it again  " + command + "\n";
  }
  EXPECT_LE(std::count(told.begin(), told.end(), '\n'), 25);
  return told;
}

// --replay=e1:... runs that schedule alone. False: nothing of the kind was asked for.
bool replays_schedule() {
  const std::string argument = replay_argument();
  if (argument.empty()) return false;
  const std::optional<EnumeratedRun> run = parse_enumerated_run(argument);
  EXPECT_TRUE(run) << "'" << argument << "' is no enumerated schedule: e1:SEED:CHOICE+WAY ...";
  if (!run) return true;
  ScheduleStrategy strategy(run->schedule);
  const RunOutcome outcome = small_group_life(run->seed, strategy, {});
  EXPECT_FALSE(outcome.broken) << story(*run, outcome);
  return true;
}

void expect_nothing_broken(const ScheduleSearch& search) {
  if (!search.broken) return;
  ADD_FAILURE() << story({search.seed, search.schedule}, search.outcome);
}

void tell(const ScheduleSearch& search) {
  std::cout << "explored " << search.schedules << " enumerated schedules of " << search.plans
            << " small plans, by their pre-emptions:";
  for (const std::uint64_t count : search.by_preemptions) std::cout << " " << count;
  std::cout << "; " << search.plans_exhausted << " plans exhausted, " << search.rebalances
            << " rebalances, " << search.steps << " steps, up to " << search.choices_most
            << " choices in one\n";
}

class HeartbeatBySchedules : public ::testing::TestWithParam<StrategyKind> {};

TEST_P(HeartbeatBySchedules, CannotDeadlock) {
  const LivedThrough lived = live_through(GetParam(), /*first_seed=*/1001, kRunsOfEach);
  std::cout << "explored " << lived.runs << " runs of group life (" << name(GetParam())
            << "): " << lived.rebalances << " rebalances, " << lived.records << " records, "
            << lived.preemptions << " pre-emptions; faults: " << lived.faults_text() << "\n";
  if (lived.is_replay) return;
  EXPECT_GT(lived.rebalances, 5 * lived.runs);
  EXPECT_GT(lived.records, 5 * lived.runs);
}

INSTANTIATE_TEST_SUITE_P(Strategies, HeartbeatBySchedules,
                         ::testing::Values(StrategyKind::kRandom, StrategyKind::kSticky,
                                           StrategyKind::kPct, StrategyKind::kStarvation,
                                           StrategyKind::kPos, StrategyKind::kRunUntilBlocked),
                         [](const auto& one) { return std::string(name(one.param)); });

TEST(Heartbeat, CannotDeadlockByEnumeratedSchedules) {
  if (replays_schedule()) return;
  const ScheduleSearch search = search_schedules({.schedules_most = kSchedules});
  expect_nothing_broken(search);
  EXPECT_EQ(search.schedules, kSchedules);
  EXPECT_GT(search.rebalances, search.schedules);
  tell(search);
}

// All of them: what is wrong with that plan needs two pre-emptions, or none is enough.
TEST(Heartbeat, CannotDeadlockByAnyScheduleWithOnePreemption) {
  if (replays_schedule()) return;
  const ScheduleSearch search = search_schedules(
      {.first_seed = kSmallestPlan,
       .schedules_most = kSchedulesOfSmallest,
       .plans_most = 1,
       .of_each_plan = {
           .preemptions_most = 1, .turns_most = 0, .schedules_most = kSchedulesOfSmallest}});
  expect_nothing_broken(search);
  EXPECT_EQ(search.plans_exhausted, 1U);
  ASSERT_EQ(search.by_preemptions.size(), 2U);
  EXPECT_GT(search.by_preemptions[1], search.choices_most / 2);
  tell(search);
}

TEST(EnumeratedRuns, AreToldAndReadAgain) {
  const EnumeratedRun run{7, {{120, 1}, {348, 2}}};
  EXPECT_EQ(text(run), "e1:7:120+1:348+2");
  const std::optional<EnumeratedRun> again = parse_enumerated_run(text(run));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->seed, run.seed);
  EXPECT_EQ(again->schedule, run.schedule);
  for (const char* wrong : {"", "e1:", "e1:7:", "e1:7:12", "e1:7:12+", "r1:7", "e1:7:1+2x"}) {
    EXPECT_FALSE(parse_enumerated_run(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace rookery::sim
