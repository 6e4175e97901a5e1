// strategies_test.cc
//
// What each strategy finds in small programs, and what it cannot find.
#include "simulations/scheduler/strategies.h"

#include <gtest/gtest.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/choice_point.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <memory>
#include <string>
#include <vector>

#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/test_run.h"

namespace rookery::sim {
namespace {

using namespace std::chrono_literals;
using Program = std::function<void()>;

// How many of the seeds fail.
int failures(StrategyKind kind, int seeds, const Program& program) {
  int failed = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    Tape plan = Tape::from_seed(static_cast<std::uint64_t>(seed));
    Tape schedule = Tape::from_seed(static_cast<std::uint64_t>(seed) + 1'000'000);
    Tape world = Tape::from_seed(static_cast<std::uint64_t>(seed) + 2'000'000);
    const std::unique_ptr<Strategy> strategy = make_strategy(kind, plan, schedule);
    Scheduler scheduler({}, world, *strategy);
    const RunResult result = scheduler.run(program);
    if (result.failure) ++failed;
  }
  return failed;
}

// In a process: a strategy does not put the world itself aside.
Program in_process(const Program& program) {
  return [program] {
    Scheduler& scheduler = *Scheduler::current();
    const ProcessId process = scheduler.spawn_process("program", program);
    scheduler.wait_for_process(process, kNever);
  };
}

// Two threads add to a number without a lock: one addition may get lost.
void lose_an_addition() {
  Atomic<int> number{0};
  const auto add = [&number] { number.store(number.load() + 1); };
  Thread other("other", add);
  add();
  other.join();
  if (number.load() != 2) Scheduler::current()->fail("lost", "an addition is lost");
}

// A deadlock that needs each thread to be stopped between its two locks. Equal ranks would be found
// without a schedule, so the second lock is tried first.
void lock_crosswise() {
  Mutex a("a", 1);
  Mutex b("b", 2);
  const auto take = [](Mutex& first, Mutex& second) {
    while (!first.try_lock()) choice_point("again");
    const bool has_both = second.try_lock();
    if (has_both) second.unlock();
    if (!has_both) Scheduler::current()->fail("crossed", "each holds what the other wants");
    first.unlock();
  };
  Thread other("other", [&] { take(b, a); });
  take(a, b);
  other.join();
}

// Something that goes wrong only when a thread stands still for a while between two steps.
void be_overtaken_by_a_timer() {
  Atomic<bool> is_armed{false};
  Thread timer("timer", [&] {
    sleep_until(deadline_in(5ms));
    if (is_armed.load()) Scheduler::current()->fail("overtaken", "the timer came in between");
  });
  for (int i = 0; i < 40; ++i) {
    is_armed.store(true);
    is_armed.store(false);
    sleep_until(deadline_in(100us));
  }
  timer.join();
}

TEST(Strategies, WithoutPreemptionRacesStayHidden) {
  EXPECT_EQ(failures(StrategyKind::kRunUntilBlocked, 20, in_process(lose_an_addition)), 0);
  EXPECT_EQ(failures(StrategyKind::kRunUntilBlocked, 20, in_process(lock_crosswise)), 0);
  EXPECT_EQ(failures(StrategyKind::kRunUntilBlocked, 20, in_process(be_overtaken_by_a_timer)), 0);
}

TEST(Strategies, WithoutPreemptionEverybodyGetsATurn) {
  const Program program = [] {
    Atomic<int> turns{0};
    Thread a("a", [&] {
      while (turns.load() < 10) sleep_until(deadline_in(1ms));
    });
    Thread b("b", [&] {
      for (int i = 0; i < 10; ++i) {
        turns.fetch_add(1);
        sleep_until(deadline_in(1ms));
      }
    });
    a.join();
    b.join();
  };
  EXPECT_EQ(failures(StrategyKind::kRunUntilBlocked, 1, in_process(program)), 0);
}

TEST(Strategies, FindALostAddition) {
  for (const StrategyKind kind :
       {StrategyKind::kRandom, StrategyKind::kSticky, StrategyKind::kStarvation,
        StrategyKind::kDrawn, StrategyKind::kPos}) {
    EXPECT_GT(failures(kind, 300, in_process(lose_an_addition)), 0) << name(kind);
  }
}

TEST(Strategies, FindLocksTakenCrosswise) {
  for (const StrategyKind kind :
       {StrategyKind::kRandom, StrategyKind::kSticky, StrategyKind::kDrawn, StrategyKind::kPos}) {
    EXPECT_GT(failures(kind, 300, in_process(lock_crosswise)), 0) << name(kind);
  }
}

TEST(Strategies, PriorityChangesFindBoth) {
  for (const Program& program : {Program(lose_an_addition), Program(lock_crosswise)}) {
    int failed = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      Tape tape = Tape::from_seed(seed);
      Tape world = Tape::from_seed(seed);
      PctStrategy strategy(tape, /*changes=*/2, /*horizon=*/20);
      Scheduler scheduler({}, world, strategy);
      if (scheduler.run(in_process(program)).failure) ++failed;
    }
    EXPECT_GT(failed, 0);
    EXPECT_LT(failed, 300);
  }
}

// A thread that has far to go comes first to a lock that another is about to take: n switches that
// all go its way are 1 / 2^n at random, and n numbers that are all higher than one are 1 / (n + 1).
TEST(Strategies, PartialOrderSamplingFindsWhatIsFarAway) {
  const auto late_comer_is_first = [](StrategyKind kind) {
    int times = 0;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
      Tape plan = Tape::from_seed(seed);
      Tape schedule = Tape::from_seed(seed + 1'000'000);
      Tape world = Tape::from_seed(seed + 2'000'000);
      const std::unique_ptr<Strategy> strategy = make_strategy(kind, plan, schedule);
      Scheduler scheduler({}, world, *strategy);
      std::string order;
      const RunResult result = scheduler.run([&order] {
        Mutex shared("shared", 1);
        const auto enter = [&](const char* name) {
          MutexLock lock(shared);
          order += name;
        };
        std::vector<Thread> threads;
        {
          const Uninterrupted scope;
          threads.emplace_back("far", [&] {
            for (int i = 0; i < 10; ++i) {
              Mutex own("own", 1);
              MutexLock lock(own);
            }
            enter("far");
          });
          threads.emplace_back("near", [&] { enter("near"); });
        }
        for (Thread& thread : threads) thread.join();
      });
      EXPECT_FALSE(result.failure);
      if (order == "farnear") ++times;
    }
    return times;
  };
  EXPECT_LT(late_comer_is_first(StrategyKind::kRandom), 3);
  EXPECT_GT(late_comer_is_first(StrategyKind::kPos), 15);
}

TEST(Strategies, StarvationFindsWhatNeedsTime) {
  // Nothing is scheduled for the time between two steps but by putting the thread aside.
  EXPECT_EQ(failures(StrategyKind::kRandom, 100, in_process(be_overtaken_by_a_timer)), 0);
  EXPECT_GT(failures(StrategyKind::kStarvation, 300, in_process(be_overtaken_by_a_timer)), 0);
}

TEST(Strategies, StarvationLeavesTheWorldAlone) {
  // Outside of processes time passes as without it.
  const Program program = [] {
    const TimePoint began = now();
    for (int i = 0; i < 1000; ++i) choice_point("here");
    if (now() - began > 1ms) Scheduler::current()->fail("late", "the world was put aside");
  };
  EXPECT_EQ(failures(StrategyKind::kStarvation, 50, program), 0);
}

TEST(Strategies, EachIsAFunctionOfItsTapes) {
  for (const StrategyKind kind :
       {StrategyKind::kRandom, StrategyKind::kSticky, StrategyKind::kPct, StrategyKind::kStarvation,
        StrategyKind::kRunUntilBlocked, StrategyKind::kPos}) {
    std::uint64_t hashes[2] = {};
    for (std::uint64_t& hash : hashes) {
      Tape plan = Tape::from_seed(1);
      Tape schedule = Tape::from_seed(2);
      Tape world = Tape::from_seed(3);
      const std::unique_ptr<Strategy> strategy = make_strategy(kind, plan, schedule);
      Scheduler scheduler({}, world, *strategy);
      hash = scheduler.run(in_process(be_overtaken_by_a_timer)).trace_hash;
    }
    EXPECT_EQ(hashes[0], hashes[1]) << name(kind);
  }
}

}  // namespace
}  // namespace rookery::sim
