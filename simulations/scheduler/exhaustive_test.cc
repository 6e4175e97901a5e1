// exhaustive_test.cc
//
// Small programs whose schedules can be counted by hand, and bugs that need an exact number of
// pre-emptions: found with that many, and shown to need them.
#include "simulations/scheduler/exhaustive.h"

#include <gtest/gtest.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {
namespace {

using namespace std::chrono_literals;
using Body = std::function<void()>;

// All threads begin at the same time, and nothing else runs beside them.
void side_by_side(const std::vector<Body>& bodies) {
  const TimePoint later = deadline_in(1h);
  std::vector<Thread> threads;
  {
    const Uninterrupted scope;
    for (const Body& body : bodies) threads.emplace_back("thread", body);
  }
  sleep_until(later);
  for (Thread& thread : threads) thread.join();
}

struct Explored {
  Exploration found;
  std::set<std::uint64_t> traces;  // of the runs: as many as there are runs that differ
  std::string failure;
};

Explored explore(const ExploreOptions& options, const Body& program) {
  Explored explored;
  explored.found = explore_schedules(options, [&](Strategy& strategy) {
    Tape tape = Tape::from_draws({});
    Scheduler scheduler({.spurious_wakeup_one_in = 0}, tape, strategy);
    const RunResult result = scheduler.run(program);
    explored.traces.insert(result.trace_hash);
    if (result.failure) explored.failure = result.failure->kind;
    return result.failure.has_value();
  });
  return explored;
}

// Threads of so many pieces each, between which they can be pre-empted: how many orders of all
// pieces there are with exactly so many pre-emptions. `running`: the thread of the last piece.
std::uint64_t count_orders(std::vector<int> pieces, std::size_t running, int preemptions) {
  if (preemptions < 0) return 0;
  std::uint64_t orders = 0;
  bool is_over = true;
  for (std::size_t next = 0; next < pieces.size(); ++next) {
    if (pieces[next] == 0) continue;
    is_over = false;
    const bool goes_on = running < pieces.size() && pieces[running] > 0;
    --pieces[next];
    orders += count_orders(pieces, next, preemptions - (goes_on && next != running ? 1 : 0));
    ++pieces[next];
  }
  if (is_over) return preemptions == 0 ? 1 : 0;
  return orders;
}

void expect_exact_counts(const std::vector<int>& atomics, std::uint64_t in_all) {
  const Body program = [&] {
    Atomic<int> number{0};
    std::vector<Body> bodies;
    for (const int count : atomics) {
      bodies.emplace_back([&number, count] {
        for (int i = 0; i < count; ++i) number.fetch_add(1);
      });
    }
    side_by_side(bodies);
  };
  const Explored explored = explore({.preemptions_most = 20}, program);
  EXPECT_TRUE(explored.found.is_exhausted);
  EXPECT_EQ(explored.found.schedules_in_all(), in_all);
  EXPECT_EQ(explored.traces.size(), in_all);  // each once
  std::vector<int> pieces;
  for (const int count : atomics) pieces.push_back(count + 1);
  for (std::size_t bound = 0; bound < explored.found.schedules.size(); ++bound) {
    EXPECT_EQ(explored.found.schedules[bound],
              count_orders(pieces, pieces.size(), static_cast<int>(bound)))
        << bound << " pre-emptions";
  }
}

TEST(Exhaustive, RunsEachScheduleOnce) {
  expect_exact_counts({1, 1}, 6);      // 4! / (2! 2!)
  expect_exact_counts({2, 2}, 20);     // 6! / (3! 3!)
  expect_exact_counts({3, 1}, 15);     // 6! / (4! 2!)
  expect_exact_counts({1, 1, 1}, 90);  // 6! / (2! 2! 2!)
  expect_exact_counts({2, 2, 1}, 560);
}

TEST(Exhaustive, SaysWhetherItCameToTheEnd) {
  const Body program = [] {
    Atomic<int> number{0};
    const Body add = [&number] {
      for (int i = 0; i < 2; ++i) number.fetch_add(1);
    };
    side_by_side({add, add});
  };
  // 2 + 4 + 8 + 4 + 2 schedules.
  Exploration found = explore({.preemptions_most = 1}, program).found;
  EXPECT_EQ(found.schedules, (std::vector<std::uint64_t>{2, 4}));
  EXPECT_TRUE(found.is_exhausted);
  found = explore({.preemptions_most = 1, .schedules_most = 6}, program).found;
  EXPECT_EQ(found.schedules, (std::vector<std::uint64_t>{2, 4}));
  EXPECT_TRUE(found.is_exhausted);
  found = explore({.preemptions_most = 1, .schedules_most = 5}, program).found;
  EXPECT_EQ(found.schedules, (std::vector<std::uint64_t>{2, 3}));
  EXPECT_FALSE(found.is_exhausted);
  EXPECT_FALSE(found.has_failed);
  // Who begins, and who goes on after the one that ended first: none out of turn.
  found = explore({.preemptions_most = 0, .turns_most = 0}, program).found;
  EXPECT_EQ(found.schedules, (std::vector<std::uint64_t>{1}));
  EXPECT_TRUE(found.is_exhausted);
}

// With one pre-emption fewer there is no such schedule; with them one is found, and found again.
void expect_needs(std::uint64_t preemptions, const std::string& failure, const Body& program) {
  if (preemptions > 0) {
    const Explored without = explore({.preemptions_most = preemptions - 1}, program);
    EXPECT_TRUE(without.found.is_exhausted) << without.failure;
    EXPECT_GT(without.found.schedules_in_all(), 1U);
  }
  const Explored with = explore({.preemptions_most = preemptions}, program);
  ASSERT_TRUE(with.found.has_failed);
  EXPECT_EQ(with.failure, failure);
  EXPECT_FALSE(with.found.is_exhausted);
  EXPECT_EQ(with.found.failing_preemptions, preemptions);
  EXPECT_GE(with.found.failing.size(), preemptions);
  Tape tape = Tape::from_draws({});
  ScheduleStrategy again(with.found.failing);
  Scheduler scheduler({.spurious_wakeup_one_in = 0}, tape, again);
  const RunResult result = scheduler.run(program);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, failure);
  EXPECT_EQ(result.preemptions, preemptions);
}

TEST(Exhaustive, ALostUpdateNeedsOnePreemption) {
  expect_needs(1, "lost", [] {
    Atomic<int> number{0};
    const Body add = [&number] { number.store(number.load() + 1); };
    side_by_side({add, add});
    if (number.load() != 2) Scheduler::current()->fail("lost", "an addition is lost");
  });
}

TEST(Exhaustive, ALostNotifyNeedsOnePreemption) {
  expect_needs(1, "deadlock", [] {
    Mutex mutex("mutex", 1);
    ConditionVariable changed("changed");
    Atomic<bool> is_stopped{false};
    const Body rest = [&] {
      if (is_stopped.load()) return;
      MutexLock lock(mutex);
      bool was_woken = false;
      changed.wait_until(lock, kNever, [&] { return std::exchange(was_woken, true); });
    };
    const Body stop = [&] {
      is_stopped.store(true);
      MutexLock lock(mutex);
      changed.notify_all();
    };
    side_by_side({rest, stop});
  });
}

// What one holds while it may wait for another: a mutex would be refused for its rank.
class Gate {
 public:
  void enter() {
    MutexLock lock(mutex_);
    left_.wait_until(lock, kNever, [this] { return !is_taken_; });
    is_taken_ = true;
  }
  void leave() {
    MutexLock lock(mutex_);
    is_taken_ = false;
    left_.notify_one();
  }

 private:
  Mutex mutex_{"gate", 1};
  ConditionVariable left_{"left"};
  bool is_taken_ = false;
};

// Each of `threads` takes its own gate and then its neighbour's. One must be stopped in between;
// the others, if they come in the right order, stop by themselves.
void take_gates_in_a_ring(std::size_t threads) {
  std::vector<Gate> gates(threads);
  std::vector<Body> bodies;
  for (std::size_t i = 0; i < threads; ++i) {
    bodies.emplace_back([&gates, i, threads] {
      Gate& own = gates[i];
      Gate& other = gates[(i + 1) % threads];
      own.enter();
      other.enter();
      other.leave();
      own.leave();
    });
  }
  side_by_side(bodies);
}

TEST(Exhaustive, ACycleOfTwoNeedsOnePreemption) {
  expect_needs(1, "deadlock", [] { take_gates_in_a_ring(2); });
}

TEST(Exhaustive, ACycleOfThreeNeedsNoMore) {
  expect_needs(1, "deadlock", [] { take_gates_in_a_ring(3); });
}

// One takes the gates the other way round only while the other is busy: that one must be stopped
// while it is, and so must the first, between its gates.
TEST(Exhaustive, AHiddenCycleNeedsTwoPreemptions) {
  expect_needs(2, "deadlock", [] {
    Gate a;
    Gate b;
    Atomic<bool> is_busy{false};
    const auto take = [](Gate& first, Gate& second) {
      first.enter();
      second.enter();
      second.leave();
      first.leave();
    };
    const Body one = [&] {
      is_busy.store(true);
      is_busy.store(false);
      take(a, b);
    };
    const Body other = [&] {
      if (is_busy.load()) {
        take(b, a);
      } else {
        take(a, b);
      }
    };
    side_by_side({one, other});
  });
}

// To see every value of a counter, who reads and who counts must take turns.
TEST(Exhaustive, AlternationNeedsAPreemptionForEachTurn) {
  for (const int last : {1, 2}) {
    expect_needs(static_cast<std::uint64_t>(2 * last - 1), "seen", [last] {
      Atomic<int> number{0};
      int seen = 0;
      const Body count = [&] {
        for (int i = 0; i < last; ++i) number.fetch_add(1);
      };
      const Body read = [&] {
        while (seen <= last && number.load() == seen) ++seen;
      };
      side_by_side({read, count});
      if (seen == last + 1) Scheduler::current()->fail("seen", "every value");
    });
  }
}

TEST(Exhaustive, ALoopThatSleepsPassesTheTurnOn) {
  const Body program = [] {
    Atomic<bool> is_set{false};
    const Body wait = [&] {
      while (!is_set.load()) sleep_until(TimePoint{});
    };
    side_by_side({wait, [&] { is_set.store(true); }});
  };
  const Explored explored = explore({.preemptions_most = 1, .turns_most = 1}, program);
  EXPECT_TRUE(explored.found.is_exhausted) << explored.failure;
}

}  // namespace
}  // namespace rookery::sim
