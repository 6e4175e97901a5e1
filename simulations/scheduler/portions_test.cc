// portions_test.cc
//
// A run whose clock somebody else moves: it stops where it would have to jump further than allowed,
// and goes on from there.

#include <gtest/gtest.h>
#include <rookery/runtime/choice_point.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <string>
#include <utility>
#include <vector>

#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategies.h"
#include "simulations/scheduler/test_run.h"

namespace rookery::sim {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

struct Portions : ::testing::Test {
  Tape tape = Tape::from_draws({});
  RunUntilBlockedStrategy strategy;
  Scheduler scheduler{{.step_cost = Duration::zero(), .spurious_wakeup_one_in = 0}, tape, strategy};
  const TimePoint start = scheduler.world_time();
  std::vector<std::string> notes;

  void note(std::string what) {
    const Uninterrupted scope;
    notes.push_back(std::move(what));
  }
};

TEST_F(Portions, StopAtTheHorizonAndGoOn) {
  scheduler.start([this] {
    Thread other("other", [this] {
      for (int i = 1; i <= 3; ++i) {
        sleep_until(deadline_in(seconds(10)));
        note("other " + std::to_string(i));
      }
    });
    sleep_until(deadline_in(seconds(15)));
    note("main");
    other.join();
  });
  EXPECT_FALSE(scheduler.go_on(start));
  EXPECT_TRUE(notes.empty());
  EXPECT_FALSE(scheduler.go_on(start + seconds(10)));
  EXPECT_EQ(notes, (std::vector<std::string>{"other 1"}));
  EXPECT_FALSE(scheduler.go_on(start + seconds(12)));
  EXPECT_EQ(scheduler.world_time(), start + seconds(12)) << "the clock stands at the horizon";
  EXPECT_EQ(notes.size(), 1U);
  const std::optional<RunResult> result = scheduler.go_on(start + hours(1));
  ASSERT_TRUE(result);
  expect_success(*result);
  EXPECT_EQ(notes, (std::vector<std::string>{"other 1", "main", "other 2", "other 3"}));
  EXPECT_EQ(result->virtual_elapsed, seconds(30)) << "the end, not the horizon";
}

TEST_F(Portions, ASignalFromOutsideIsHeard) {
  Signal signal("command");
  int heard = 0;
  scheduler.start([&] {
    for (; heard < 2; ++heard) ASSERT_TRUE(scheduler.wait_for_signal(signal, kNever));
  });
  EXPECT_FALSE(scheduler.go_on(kNever)) << "nobody can run, and that is no deadlock here";
  EXPECT_FALSE(scheduler.go_on(kNever));
  EXPECT_EQ(heard, 0);
  scheduler.raise(signal);
  EXPECT_FALSE(scheduler.go_on(kNever));
  EXPECT_EQ(heard, 1);
  scheduler.raise(signal);
  EXPECT_TRUE(scheduler.go_on(kNever));
  EXPECT_EQ(heard, 2);
}

// The fiber that ends last before a stop cannot be the one to be chosen next.
TEST_F(Portions, AThreadMayEndBeforeAStop) {
  scheduler.start([this] {
    Thread brief("brief", [] {});
    sleep_until(deadline_in(seconds(1)));
    brief.join();
    note("joined");
  });
  EXPECT_FALSE(scheduler.go_on(start));
  EXPECT_TRUE(scheduler.go_on(start + seconds(1)));
  EXPECT_EQ(notes.size(), 1U);
}

TEST_F(Portions, AFailureEndsThem) {
  scheduler.start([this] {
    sleep_until(deadline_in(seconds(1)));
    scheduler.fail("broken", "on purpose");
  });
  EXPECT_FALSE(scheduler.go_on(start));
  const std::optional<RunResult> result = scheduler.go_on(kNever);
  ASSERT_TRUE(result && result->failure);
  EXPECT_EQ(result->failure->kind, "broken");
}

TEST_F(Portions, AnAlarmComesAtItsStep) {
  Signal alarm("alarm");
  Tape other_tape = Tape::from_draws({});
  Scheduler rung({.alarm = &alarm, .alarm_step = 40}, other_tape, strategy);
  std::uint64_t heard_at = 0;
  const RunResult result = rung.run([&] {
    Thread busy("busy", [] {
      for (int i = 0; i < 100; ++i) choice_point("busy");
    });
    EXPECT_TRUE(rung.wait_for_signal(alarm, kNever));
    heard_at = rung.steps();
    busy.join();
  });
  expect_success(result);
  EXPECT_GE(heard_at, 40U);
  EXPECT_LT(heard_at, 110U);
}

// A cycle of waits is a deadlock however the clock is moved.
TEST_F(Portions, ACycleOfWaitsIsADeadlock) {
  scheduler.start([] {
    Mutex one("one", 1000);
    MutexLock lock(one);
    Thread other("other", [&] { MutexLock second(one); });
    other.join();
  });
  const std::optional<RunResult> result = scheduler.go_on(kNever);
  ASSERT_TRUE(result && result->failure);
  EXPECT_EQ(result->failure->kind, "deadlock");
}

TEST_F(Portions, ARunNeedNotBeFinished) {
  auto kept = std::make_shared<int>(7);
  scheduler.start([kept] { sleep_until(deadline_in(seconds(1))); });
  EXPECT_FALSE(scheduler.go_on(start));
}

}  // namespace
}  // namespace rookery::sim
