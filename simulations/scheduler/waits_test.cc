// waits_test.cc
//
// Time, conditions and signals on fibers: what they promise, and what is reported when misused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/choice_point.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/test_run.h"

namespace rookery::sim {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

SchedulerOptions exact_time() {
  SchedulerOptions options;
  options.step_cost = Duration::zero();
  return options;
}

// --- Time

TEST(VirtualTime, StartsAtAFixedInstantAndJumpsToTheNextDeadline) {
  const RunResult result = simulate(
      1,
      [] {
        EXPECT_EQ(now(), TimePoint(seconds(1)));
        EXPECT_EQ(wall_now(), WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)));
        const TimePoint deadline = deadline_in(hours(1000));
        sleep_until(deadline);
        EXPECT_EQ(now(), deadline);
        EXPECT_EQ(wall_now(),
                  WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) + hours(1000));
      },
      exact_time());
  expect_success(result);
  EXPECT_EQ(result.virtual_elapsed, hours(1000));
}

TEST(VirtualTime, DeadlinesOfManyThreadsAreMetExactlyAndInOrder) {
  expect_success(simulate(
      5,
      [] {
        const TimePoint start = now();
        std::vector<int> order;
        std::vector<Thread> threads;
        for (const int delay : {7, 3, 9, 1, 8, 2, 6, 5, 4, 10}) {
          threads.emplace_back("sleeper", [&order, start, delay] {
            sleep_until(start + milliseconds(delay));
            EXPECT_EQ(now(), start + milliseconds(delay));
            alone([&] { order.push_back(delay); });
          });
        }
        for (Thread& thread : threads) thread.join();
        EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
      },
      exact_time()));
}

TEST(VirtualTime, EqualDeadlinesComeInEitherOrderAcrossSeeds) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    std::string order;
    expect_success(simulate(seed, [&order] {
      const TimePoint deadline = deadline_in(seconds(1));
      Thread a("a", [&] {
        sleep_until(deadline);
        alone([&] { order += "a"; });
      });
      Thread b("b", [&] {
        sleep_until(deadline);
        alone([&] { order += "b"; });
      });
      a.join();
      b.join();
    }));
    orders.insert(order);
  }
  EXPECT_EQ(orders, (std::set<std::string>{"ab", "ba"}));
}

TEST(VirtualTime, PassesForABusyLoopToo) {
  const RunResult result = simulate(1, [] {
    const TimePoint deadline = deadline_in(microseconds(50));
    while (now() < deadline) {
    }
  });
  expect_success(result);
  EXPECT_GE(result.virtual_elapsed, microseconds(50));
  EXPECT_LE(result.virtual_elapsed, microseconds(51));
}

TEST(VirtualTime, APastDeadlineDoesNotSleep) {
  const RunResult result = simulate(
      1, [] { sleep_until(TimePoint()); }, exact_time());
  expect_success(result);
  EXPECT_EQ(result.virtual_elapsed, Duration::zero());
}

// --- Conditions

TEST(Conditions, ANotifyEndsTheWaitWithTheMutexHeld) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    expect_success(simulate(seed, [] {
      Mutex mutex("mutex", 1);
      ConditionVariable changed("changed");
      bool is_set = false;
      Thread setter("setter", [&] {
        {
          const MutexLock lock(mutex);
          is_set = true;
        }
        changed.notify_one();
      });
      MutexLock lock(mutex);
      EXPECT_TRUE(changed.wait_until(lock, kNever, [&] { return is_set; }));
      EXPECT_TRUE(lock.owns());
      lock.unlock();
      setter.join();
    }));
  }
}

TEST(Conditions, ADeadlineEndsTheWaitExactly) {
  expect_success(simulate(
      1,
      [] {
        Mutex mutex("mutex", 1);
        ConditionVariable changed("changed");
        MutexLock lock(mutex);
        const TimePoint deadline = deadline_in(milliseconds(1500));
        EXPECT_FALSE(changed.wait_until(lock, deadline, [] { return false; }));
        EXPECT_EQ(now(), deadline);
        EXPECT_TRUE(lock.owns());
      },
      exact_time()));
}

TEST(Conditions, ABoundedQueuePassesEverythingInOrder) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    expect_success(simulate(seed, [] {
      Mutex mutex("queue", 1);
      ConditionVariable not_full("not_full");
      ConditionVariable not_empty("not_empty");
      std::vector<int> queue;
      std::vector<int> taken;
      Thread producer("producer", [&] {
        for (int i = 0; i < 20; ++i) {
          MutexLock lock(mutex);
          not_full.wait_until(lock, kNever, [&] { return queue.size() < 2; });
          queue.push_back(i);
          not_empty.notify_one();
        }
      });
      Thread consumer("consumer", [&] {
        while (taken.size() < 20) {
          MutexLock lock(mutex);
          not_empty.wait_until(lock, kNever, [&] { return !queue.empty(); });
          taken.push_back(queue.front());
          queue.erase(queue.begin());
          not_full.notify_one();
        }
      });
      producer.join();
      consumer.join();
      for (int i = 0; i < 20; ++i) EXPECT_EQ(taken[static_cast<std::size_t>(i)], i);
    }));
  }
}

TEST(Conditions, NotifyOneReachesAnyOfTheWaiters) {
  std::set<std::string> first_woken;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    expect_success(simulate(seed, [&first_woken] {
      Mutex mutex("mutex", 1);
      ConditionVariable changed("changed");
      int permits = 0;
      std::string order;
      std::vector<Thread> threads;
      for (const char* name : {"a", "b", "c"}) {
        threads.emplace_back(name, [&, name] {
          MutexLock lock(mutex);
          changed.wait_until(lock, kNever, [&] { return permits > 0; });
          --permits;
          order += name;
        });
      }
      sleep_until(deadline_in(seconds(1)));
      for (int i = 0; i < 3; ++i) {
        {
          const MutexLock lock(mutex);
          ++permits;
        }
        changed.notify_one();
      }
      for (Thread& thread : threads) thread.join();
      first_woken.insert(order.substr(0, 1));
    }));
  }
  EXPECT_EQ(first_woken, (std::set<std::string>{"a", "b", "c"}));
}

TEST(Conditions, AMissedNotifyIsFound) {
  // The stop flag is read under the lock but set and notified without it (coordination.md, D6).
  const RunResult result = simulate_until_failure(1000, [] {
    Mutex mutex("coordinator", 1);
    ConditionVariable changed("stop_or_enabled");
    Atomic<bool> is_stopped(false);
    Thread heartbeat("heartbeat", [&] {
      MutexLock lock(mutex);
      changed.wait_until(lock, kNever, [&] { return is_stopped.load(); });
    });
    is_stopped.store(true);
    changed.notify_all();
    heartbeat.join();
  });
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, "deadlock");
  EXPECT_THAT(result.failure->text,
              HasSubstr("\"heartbeat\" of process \"world\" waits on condition "
                        "\"stop_or_enabled\", without a deadline"));
}

TEST(Conditions, WakeSpuriouslyNowAndThen) {
  std::uint64_t predicate_calls = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    expect_success(simulate(seed, [&predicate_calls] {
      Mutex mutex("mutex", 1);
      ConditionVariable changed("changed");
      MutexLock lock(mutex);
      changed.wait_until(lock, deadline_in(seconds(1)), [&predicate_calls] {
        ++predicate_calls;
        return false;
      });
    }));
  }
  // Twice a run without spurious wake-ups: before the wait and after the deadline.
  EXPECT_GT(predicate_calls, 600U);
  EXPECT_LT(predicate_calls, 620U);
}

TEST(Conditions, ANotifyAtTheDeadlineComesInEitherOrder) {
  std::set<int> wakes_seen;
  SchedulerOptions options;
  options.spurious_wakeup_one_in = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    expect_success(simulate(
        seed,
        [&wakes_seen] {
          Mutex mutex("mutex", 1);
          ConditionVariable changed("changed");
          const TimePoint deadline = deadline_in(seconds(1));
          Thread notifier("notifier", [&] {
            sleep_until(deadline);
            changed.notify_all();
          });
          MutexLock lock(mutex);
          int predicate_calls = 0;
          EXPECT_FALSE(changed.wait_until(lock, deadline, [&predicate_calls] {
            ++predicate_calls;
            return false;
          }));
          lock.unlock();
          notifier.join();
          // 2: the deadline ended the wait. 3: the notify did, and a wait past the deadline
          // followed.
          wakes_seen.insert(predicate_calls);
        },
        options));
  }
  EXPECT_EQ(wakes_seen, (std::set<int>{2, 3}));
}

TEST(Conditions, DestroyingOneThatIsWaitedOnIsNamed) {
  expect_failure(
      "locks",
      [] {
        Mutex mutex("mutex", 1);
        auto changed = std::make_unique<ConditionVariable>("short_lived");
        Thread waiter("waiter", [&mutex, &waited_on = *changed] {
          MutexLock lock(mutex);
          waited_on.wait_until(lock, kNever, [] { return false; });
        });
        sleep_until(deadline_in(seconds(1)));
        changed.reset();
      },
      "condition \"short_lived\" is destroyed while thread \"waiter\" waits on it");
}

// --- Signals and Uninterrupted

TEST(Signals, ARaiseBeforeTheWaitIsNotLost) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    expect_success(simulate(seed, [] {
      Signal signal("arrival");
      Thread raiser("raiser", [&] { Scheduler::current()->raise(signal); });
      EXPECT_TRUE(Scheduler::current()->wait_for_signal(signal, kNever));
      raiser.join();
      EXPECT_FALSE(Scheduler::current()->wait_for_signal(signal, deadline_in(seconds(1))));
    }));
  }
}

TEST(Uninterrupteds, NoOtherFiberRunsInside) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    expect_success(simulate(seed, [] {
      int shared = 0;
      std::vector<Thread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back("t", [&shared] {
          const Uninterrupted alone;
          const int read = shared;
          for (int k = 0; k < 5; ++k) choice_point("inside");
          shared = read + 1;
        });
      }
      for (Thread& thread : threads) thread.join();
      EXPECT_EQ(shared, 4);
    }));
  }
}

TEST(Uninterrupteds, WaitingInsideIsNamed) {
  const RunResult result = simulate(1, [] {
    const Uninterrupted alone;
    sleep_until(deadline_in(seconds(1)));
  });
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, "misuse");
  EXPECT_THAT(result.failure->text, HasSubstr("\"main\" has to wait in an Uninterrupted scope"));
}

}  // namespace
}  // namespace rookery::sim
