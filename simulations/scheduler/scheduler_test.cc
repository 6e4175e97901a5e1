// scheduler_test.cc
//
// Runs as such: threads, determinism, replay, exceptions, bounds, several schedulers.

#include "simulations/scheduler/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/choice_point.h>
#include <rookery/runtime/fiber_local.h>
#include <rookery/runtime/random.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <array>
#include <atomic>
#include <csignal>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "simulations/scheduler/test_run.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

// Three threads that write their letters; what comes out depends on the schedule.
std::string letters() {
  std::string text;
  std::vector<Thread> threads;
  for (const char letter : {'a', 'b', 'c'}) {
    threads.emplace_back(std::string(1, letter), [&text, letter] {
      for (int i = 0; i < 4; ++i) {
        alone([&] { text += letter; });
        choice_point("letter");
      }
    });
  }
  for (Thread& thread : threads) thread.join();
  return text;
}

TEST(Run, RunsTheBodyOnAFiberAndReturns) {
  bool was_on_fiber = false;
  const RunResult result = simulate(1, [&] { was_on_fiber = on_fiber(); });
  expect_success(result);
  EXPECT_TRUE(was_on_fiber);
  EXPECT_FALSE(on_fiber());
}

TEST(Run, WaitsForThreadsThatOutliveTheBody) {
  int done = 0;
  expect_success(simulate(1, [&] {
    Scheduler::current()->spawn_process("other", [&done] {
      sleep_until(deadline_in(seconds(3600)));
      ++done;
    });
  }));
  EXPECT_EQ(done, 1);
}

TEST(Run, OneSeedGivesOneHashAndOneOutcome) {
  std::set<std::uint64_t> hashes;
  std::set<std::string> outcomes;
  for (int i = 0; i < 5; ++i) {
    std::string text;
    const RunResult result = simulate(42, [&text] { text = letters(); });
    expect_success(result);
    hashes.insert(result.trace_hash);
    outcomes.insert(text);
  }
  EXPECT_EQ(hashes.size(), 1U);
  EXPECT_EQ(outcomes.size(), 1U);
}

// A constant of the project: it must not depend on compiler, optimisation or sanitizer. It changes
// when the scheduler's choices do; then replay lines of older versions are void.
TEST(Run, TheHashIsTheSameOnEveryBuild) {
  const RunResult result = simulate(42, [] { letters(); });
  EXPECT_EQ(result.trace_hash, 0xc1a5a7d46a9c19e5U);
}

TEST(Run, DifferentSeedsGiveDifferentSchedules) {
  std::set<std::string> outcomes;
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::string text;
    hashes.insert(simulate(seed, [&text] { text = letters(); }).trace_hash);
    outcomes.insert(text);
  }
  EXPECT_EQ(hashes.size(), 100U);
  EXPECT_GT(outcomes.size(), 90U);
}

TEST(Run, ARecordedTapeReplaysTheRun) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Tape tape = Tape::from_seed(seed);
    tape.start_recording();
    RandomStrategy strategy(tape);
    Scheduler scheduler({}, tape, strategy);
    std::string first;
    const RunResult recorded = scheduler.run([&first] { first = letters(); });

    Tape copy = Tape::from_draws(tape.draws());
    RandomStrategy strategy_again(copy);
    Scheduler again({}, copy, strategy_again);
    std::string second;
    const RunResult replayed = again.run([&second] { second = letters(); });
    EXPECT_EQ(recorded.trace_hash, replayed.trace_hash);
    EXPECT_EQ(first, second);
    EXPECT_FALSE(copy.exhausted());
  }
}

TEST(Run, AnEmptyTapeRunsEachThreadAsFarAsItGoes) {
  Tape tape = Tape::from_draws({});
  RandomStrategy strategy(tape);
  Scheduler scheduler({}, tape, strategy);
  std::string text;
  expect_success(scheduler.run([&text] { text = letters(); }));
  for (const char* block : {"aaaa", "bbbb", "cccc"}) EXPECT_THAT(text, HasSubstr(block));
}

TEST(Run, StickyStrategySwitchesSeldomButReachesAll) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Tape tape = Tape::from_seed(seed);
    StickyRandomStrategy strategy(tape, 10);
    Scheduler scheduler({}, tape, strategy);
    std::string text;
    expect_success(scheduler.run([&text] { text = letters(); }));
    outcomes.insert(text);
  }
  EXPECT_GT(outcomes.size(), 20U);
  EXPECT_LT(outcomes.size(), 200U);
}

TEST(Run, TracedValuesEnterTheHash) {
  const auto traced = [](std::uint64_t value) {
    return simulate(1, [value] { Scheduler::current()->trace(value); }).trace_hash;
  };
  EXPECT_EQ(traced(5), traced(5));
  EXPECT_NE(traced(5), traced(6));
}

TEST(Run, DiceComeFromTheTape) {
  const auto roll = [](std::uint64_t seed) {
    std::vector<std::uint64_t> values;
    simulate(seed, [&values] {
      for (int i = 0; i < 10; ++i) values.push_back(random_below(6));
      values.push_back(random_u64());
    });
    return values;
  };
  EXPECT_EQ(roll(3), roll(3));
  EXPECT_NE(roll(3), roll(4));
}

TEST(Run, SeveralSchedulersWorkAtOnceOnThreadsOfTheirOwn) {
  const std::uint64_t expected = simulate(9, [] { letters(); }).trace_hash;
  std::array<std::uint64_t, 3> hashes{};
  std::vector<Thread> threads;
  for (std::uint64_t& hash : hashes) {
    threads.emplace_back("simulation", [&hash] {
      for (int i = 0; i < 20; ++i) hash = simulate(9, [] { letters(); }).trace_hash;
    });
  }
  for (Thread& thread : threads) thread.join();
  for (const std::uint64_t hash : hashes) EXPECT_EQ(hash, expected);
}

TEST(Run, OneStackPoolServesManyRuns) {
  StackPool pool;
  SchedulerOptions options;
  options.stack_pool = &pool;
  for (std::uint64_t seed = 0; seed < 50; ++seed)
    expect_success(simulate(
        seed, [] { letters(); }, options));
  EXPECT_LE(pool.mapped_count(), 4U);
}

TEST(Threads, JoinWaitsForTheEndAndReturnsWhatWasWritten) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    expect_success(simulate(seed, [] {
      int value = 0;
      Thread thread("writer", [&value] {
        for (int i = 0; i < 5; ++i) {
          ++value;
          choice_point("write");
        }
      });
      thread.join();
      EXPECT_EQ(value, 5);
      EXPECT_FALSE(thread.joinable());
    }));
  }
}

TEST(Threads, JoinUntilGivesUpExactlyAtTheDeadline) {
  SchedulerOptions options;
  options.step_cost = Duration::zero();
  expect_success(simulate(
      1,
      [] {
        Thread thread("sleeper", [] { sleep_until(deadline_in(seconds(10))); });
        const TimePoint start = now();
        EXPECT_FALSE(thread.join_until(start + seconds(3)));
        EXPECT_EQ(now(), start + seconds(3));
        EXPECT_TRUE(thread.join_until(start + seconds(60)));
        EXPECT_EQ(now(), start + seconds(10));
      },
      options));
}

TEST(Threads, KnowTheirNames) {
  expect_success(simulate(1, [] {
    EXPECT_EQ(current_thread_name(), "main");
    Thread thread("a name longer than fifteen",
                  [] { EXPECT_EQ(current_thread_name(), "a name longer than fifteen"); });
    thread.join();
    EXPECT_EQ(hardware_concurrency(), 4U);
  }));
}

TEST(Threads, FiberLocalsBelongToTheFiberAndEndWithIt) {
  FiberLocal<std::shared_ptr<int>> local;
  *local = std::make_shared<int>(0);
  std::weak_ptr<int> watch;
  expect_success(simulate(1, [&] {
    EXPECT_EQ(*local, nullptr);
    *local = std::make_shared<int>(1);
    Thread thread("other", [&] {
      EXPECT_EQ(*local, nullptr);
      *local = std::make_shared<int>(2);
      watch = *local;
    });
    thread.join();
    EXPECT_TRUE(watch.expired());
    EXPECT_EQ(**local, 1);
  }));
  EXPECT_EQ(**local, 0);
}

TEST(Threads, ManyComeAndGoInFewSlotsAndStacks) {
  StackPool pool;
  SchedulerOptions options;
  options.stack_pool = &pool;
  options.live_fibers_most = 8;
  std::atomic<int> ran = 0;
  expect_success(simulate(
      1,
      [&ran] {
        for (int round = 0; round < 500; ++round) {
          Thread one("one", [&ran] { ++ran; });
          Thread two("two", [&ran] { ++ran; });
          one.join();
          two.join();
        }
      },
      options));
  EXPECT_EQ(ran, 1000);
  EXPECT_LE(pool.mapped_count(), 8U);
}

TEST(Threads, TooManyIsAFailure) {
  SchedulerOptions options;
  options.live_fibers_most = 3;
  const RunResult result = simulate(
      1,
      [] {
        std::vector<Thread> threads;
        for (int i = 0; i < 3; ++i) {
          threads.emplace_back("t" + std::to_string(i), [] { sleep_until(kNever); });
        }
      },
      options);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, "too many fibers");
  EXPECT_THAT(result.failure->text, HasSubstr("\"t2\""));
}

TEST(Threads, OneThatIsNotJoinedIsAFailure) {
  const RunResult result = simulate(1, [] { const Thread thread("forgotten", [] {}); });
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, "thread not joined");
  EXPECT_THAT(result.failure->text, HasSubstr("\"forgotten\""));
}

TEST(Threads, AnExceptionThatLeavesOneIsAFailure) {
  const RunResult result = simulate(1, [] {
    Thread thread("thrower", [] { throw std::runtime_error("no such record"); });
    thread.join();
  });
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, "exception");
  EXPECT_THAT(result.failure->text, HasSubstr("\"thrower\": no such record"));
}

int throw_and_catch(int depth) {
  int caught = 0;
  try {
    choice_point("before");
    if (depth > 0) caught += throw_and_catch(depth - 1);
    choice_point("between");
    throw std::runtime_error(std::to_string(depth));
  } catch (const std::exception& error) {
    choice_point("in the handler");
    EXPECT_EQ(error.what(), std::to_string(depth));
    if (depth > 0) caught += throw_and_catch(depth - 1);
    EXPECT_EQ(error.what(), std::to_string(depth));
    // The exception being handled is this fiber's, whatever others threw meanwhile.
    try {
      throw;
    } catch (const std::runtime_error& again) {
      EXPECT_EQ(again.what(), std::to_string(depth));
    }
    ++caught;
  }
  return caught;
}

struct SwitchesInDestructor {
  int expected;
  ~SwitchesInDestructor() {
    EXPECT_EQ(std::uncaught_exceptions(), expected);
    choice_point("unwinding");
    EXPECT_EQ(std::uncaught_exceptions(), expected);
  }
};

TEST(Exceptions, AreThrownAndCaughtInManyFibersAtOnce) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::atomic<int> caught = 0;
    expect_success(simulate(seed, [&caught] {
      std::vector<Thread> threads;
      for (int i = 0; i < 10; ++i) {
        threads.emplace_back("thrower", [&caught] {
          caught += throw_and_catch(3);
          try {
            const SwitchesInDestructor guard{1};
            throw 5;
          } catch (int value) {
            EXPECT_EQ(value, 5);
          }
          const SwitchesInDestructor plain{0};
        });
      }
      for (Thread& thread : threads) thread.join();
    }));
    EXPECT_EQ(caught, 10 * 15);
  }
}

TEST(Bounds, ALoopThatNeverRestsIsALivelock) {
  SchedulerOptions options;
  options.steps_without_idle_most = 10'000;
  const RunResult result = simulate(
      1,
      [] {
        Atomic<bool> is_set(false);
        Thread spinner("spinner", [&] {
          while (!is_set.load()) {
          }
        });
        spinner.join();
      },
      options);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, "livelock");
  EXPECT_THAT(result.failure->text, HasSubstr("thread \"spinner\" of process \"world\" can run"));
}

TEST(Bounds, AllStepsTogetherAreBounded) {
  SchedulerOptions options;
  options.steps_most = 1000;
  const RunResult result = simulate(
      1,
      [] {
        for (;;) sleep_until(deadline_in(milliseconds(1)));
      },
      options);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, "livelock");
  EXPECT_THAT(result.failure->text, HasSubstr("1000 steps taken in all"));
  EXPECT_EQ(result.steps, 1001U);
}

TEST(Failures, EndTheRunWhereverTheyAreFound) {
  const RunResult result = simulate(1, [] {
    Thread thread("checker", [] { Scheduler::current()->fail("my kind", "what I saw"); });
    Thread other("other", [] { sleep_until(kNever); });
    thread.join();
    ADD_FAILURE() << "the run went on";
  });
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, "my kind");
  EXPECT_THAT(result.failure->text, HasSubstr("what I saw"));
  EXPECT_THAT(result.failure->text, HasSubstr("on thread \"checker\" of process \"world\""));
}

TEST(Failures, AreFoundAgainByTheSameSeedWithTheSameHash) {
  const auto body = [] {
    std::atomic<int> value = 0;
    Thread thread("racer", [&value] {
      const int read = value;
      choice_point("lost update");
      value = read + 1;
    });
    const int read = value;
    choice_point("lost update");
    value = read + 1;
    thread.join();
    if (value != 2) Scheduler::current()->fail("lost update", std::to_string(value));
  };
  std::uint64_t failed = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const RunResult one = simulate(seed, body);
    const RunResult two = simulate(seed, body);
    EXPECT_EQ(one.trace_hash, two.trace_hash);
    ASSERT_EQ(one.failure.has_value(), two.failure.has_value());
    if (!one.failure) continue;
    ++failed;
    EXPECT_EQ(one.failure->text, two.failure->text);
  }
  EXPECT_GT(failed, 5U);
  EXPECT_LT(failed, 95U);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
[[gnu::noinline]] int recurse(int depth) {
  volatile char frame[1024] = {};
  frame[0] = static_cast<char>(depth);
  return depth == 0 ? 0 : recurse(depth - 1) + frame[0];
}

TEST(StacksDeathTest, OneThatOverflowsEndsTheProcessAndHarmsNoOther) {
  EXPECT_EXIT(simulate(1, [] { recurse(1'000'000); }), ::testing::KilledBySignal(SIGSEGV), "");
}
#endif

TEST(Failures, LeaveThePoolOfStacksUsable) {
  StackPool pool;
  SchedulerOptions options;
  options.stack_pool = &pool;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const RunResult failed = simulate(
        seed,
        [] {
          auto owned = std::make_unique<std::string>("owned by a frame that is never unwound");
          Thread thread("sleeper", [&] { sleep_until(kNever); });
          Scheduler::current()->fail("planned", *owned);
        },
        options);
    ASSERT_TRUE(failed.failure);
    expect_success(simulate(
        seed, [] { letters(); }, options));
  }
}

}  // namespace
}  // namespace rookery::sim
