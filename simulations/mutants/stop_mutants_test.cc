// stop_mutants_test.cc
//
// What would keep a server from ending in order is found by servers that are stopped, and its
// absence is well.
#include <gtest/gtest.h>
#include <rookery/runtime/mutant.h>

#include <cstddef>
#include <iostream>

#include "simulations/mutants/expect_found.h"
#include "simulations/scheduler/strategies.h"
#include "simulations/stop/stop_life.h"

namespace rookery::sim {
namespace {

using stopping::stop_life;
using stopping::stop_life_with;

TEST(StopMutants, AStopThatIsToldOutsideTheLock) {
  expect_found("stop.told_outside_lock", stop_life);
}
TEST(StopMutants, AJoinUnderTheLockThatConsumersNeed) {
  expect_found("stop.joins_under_lock", stop_life);
}
TEST(StopMutants, ACloseWithoutDeadline) {
  expect_found("stop.closes_without_deadline", stop_life);
}
TEST(StopMutants, AStopThatWaitsForItself) {
  expect_found("stop.waits_for_connections", stop_life);
}

TEST(StopMutants, AreAllHunted) {
  std::size_t count = 0;
  for (const MutantEntry& mutant : all_mutants()) count += mutant.mark.starts_with('S') ? 1 : 0;
  EXPECT_EQ(count, 4U);
}

// A notify is lost only when a thread is pre-empted between its look and its wait.
TEST(StopMutants, ALostNotifyNeedsAPreemption) {
  const Hunt hunt =
      hunt_mutant("stop.told_outside_lock", stop_life_with(StrategyKind::kRunUntilBlocked),
                  {.seeds_most = 300});
  EXPECT_EQ(hunt.finds, 0U) << hunt.broken->text;
}

}  // namespace
}  // namespace rookery::sim
