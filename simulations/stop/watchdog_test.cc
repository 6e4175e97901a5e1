// watchdog_test.cc
//
// A dog that barks shows who waits for what, on threads and on fibers.
#include "simulations/stop/watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategy.h"
#include "simulations/scheduler/tape.h"

namespace rookery::stopping {

// The dog's end is the first wait for ever that it guards. In stacks it stands with its name: on
// its thread wherever that is when the dog barks.
[[gnu::noinline]] void wait_for_ever() {
  using namespace std::chrono_literals;
  Gate never("test.never");
  const Watchdog dog("the wait", 50ms, [] { return std::string("a picture of the wait\n"); });
  never.wait_until(kNever);
}

namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(WatchdogDeathTest, OnThreadsItShowsAllStacksAndThePicture) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(wait_for_ever(),
               AllOf(HasSubstr("the wait does not end within 50ms; all stacks:"),
                     HasSubstr("wait_for_ever"), HasSubstr("a picture of the wait")));
}

TEST(Watchdog, OnAFiberItFailsTheRunWithAllWaits) {
  sim::Tape tape = sim::Tape::from_seed(1);
  sim::RandomStrategy strategy(tape);
  sim::Scheduler scheduler({}, tape, strategy);
  const sim::RunResult result = scheduler.run(wait_for_ever);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, "everything ends");
  EXPECT_THAT(result.failure->text, AllOf(HasSubstr("the wait does not end within 50ms"),
                                          HasSubstr("waits on condition \"test.never\"")));
}

TEST(Watchdog, IsSilentWhenItEndsInTime) {
  Gate gate("test.gate");
  const Watchdog dog("the wait", 60s);
  Thread opener("opener", [&] { gate.open(); });
  EXPECT_TRUE(gate.wait_until(kNever));
  opener.join();
}

}  // namespace
}  // namespace rookery::stopping
