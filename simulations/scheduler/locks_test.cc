// locks_test.cc
//
// Mutexes on fibers: exclusion, the rules of locks, and deadlocks with what is said about them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/choice_point.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <set>
#include <string>
#include <vector>

#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/test_run.h"

namespace rookery::sim {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

// --- Mutexes

TEST(Mutexes, ExcludeOtherFibers) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    expect_success(simulate(seed, [] {
      Mutex mutex("mutex", 1);
      bool is_inside = false;
      int entries = 0;
      std::vector<Thread> threads;
      for (int i = 0; i < 5; ++i) {
        threads.emplace_back("enterer", [&] {
          for (int k = 0; k < 10; ++k) {
            const MutexLock lock(mutex);
            EXPECT_FALSE(is_inside);
            is_inside = true;
            choice_point("inside");
            is_inside = false;
            ++entries;
          }
        });
      }
      for (Thread& thread : threads) thread.join();
      EXPECT_EQ(entries, 50);
    }));
  }
}

TEST(Mutexes, TryLockTellsWhetherAnotherHoldsIt) {
  std::set<bool> seen;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    expect_success(simulate(seed, [&seen] {
      Mutex mutex("mutex", 1);
      Thread holder("holder", [&] {
        const MutexLock lock(mutex);
        choice_point("held");
      });
      const bool is_locked = mutex.try_lock();
      if (is_locked) mutex.unlock();
      seen.insert(is_locked);
      holder.join();
    }));
  }
  EXPECT_EQ(seen.size(), 2U);
}

TEST(Mutexes, WhatOneRunLeftBehindIsVoidForTheNext) {
  Mutex mutex("kept", 1);
  const RunResult failed = simulate(1, [&mutex] {
    mutex.lock();
    Scheduler::current()->fail("planned", "while the mutex is held");
  });
  ASSERT_TRUE(failed.failure);
  expect_success(simulate(2, [&mutex] { const MutexLock lock(mutex); }));
  const MutexLock on_os_thread(mutex);
  EXPECT_TRUE(on_os_thread.owns());
}

TEST(LockRules, ARankThatDoesNotAscendNamesBothMutexes) {
  expect_failure(
      "locks",
      [] {
        Mutex outer("outer_thing", 10);
        Mutex inner("inner_thing", 20);
        const MutexLock first(inner);
        const MutexLock second(outer);
      },
      "\"outer_thing\" (rank 10) is locked while \"inner_thing\" (rank 20) is held");
}

TEST(LockRules, ACycleThatRanksDoNotSeeIsNamed) {
  // Two mutexes of one name and different ranks: each thread ascends, but by name they cross.
  expect_failure(
      "locks",
      [] {
        Mutex low("a", 1);
        Mutex middle("b", 2);
        Mutex high("a", 3);
        {
          const MutexLock first(low);
          const MutexLock second(middle);
        }
        const MutexLock first(middle);
        const MutexLock second(high);
      },
      "in a cycle over the run: \"b\" -> \"a\" -> \"b\"");
}

TEST(LockRules, UnlockingWhatAnotherHoldsIsNamed) {
  expect_failure(
      "locks",
      [] {
        Mutex mutex("foreign", 1);
        mutex.lock();
        Thread thread("intruder", [&mutex] { mutex.unlock(); });
        thread.join();
      },
      "\"foreign\" is unlocked by thread \"intruder\"");
}

TEST(LockRules, UnlockingTwiceIsNamed) {
  expect_failure(
      "locks",
      [] {
        Mutex mutex("twice", 1);
        mutex.lock();
        mutex.unlock();
        mutex.unlock();
      },
      "\"twice\" is unlocked by thread \"main\"");
}

TEST(LockRules, AWaitWithASecondLockHeldIsNamed) {
  expect_failure(
      "locks",
      [] {
        Mutex outer("outer", 10);
        Mutex inner("inner", 20);
        ConditionVariable changed("changed");
        MutexLock first(outer);
        MutexLock second(inner);
        changed.wait_until(second, kNever, [] { return false; });
      },
      "wait on condition \"changed\" with mutex \"inner\" (rank 20) while also holding \"outer\"");
}

TEST(LockRules, ACallbackEnteredWithALockHeldIsNamed) {
  expect_failure(
      "locks",
      [] {
        Mutex mutex("kept", 10);
        const MutexLock lock(mutex);
        assert_no_locks_held("consume");
      },
      "consume is entered while \"kept\" (rank 10) is held");
}

TEST(LockRules, EndingWithALockHeldIsNamed) {
  expect_failure(
      "locks",
      [] {
        Mutex mutex("kept", 10);
        Thread thread("leaver", [&mutex] { mutex.lock(); });
        thread.join();
      },
      "thread \"leaver\" ended while it held mutex \"kept\"");
}

TEST(LockRules, DestroyingAHeldMutexIsNamed) {
  expect_failure(
      "locks",
      [] {
        Mutex mutex("short_lived", 10);
        mutex.lock();
      },
      "mutex \"short_lived\" is destroyed while held by thread \"main\"");
}

// --- Deadlocks

TEST(Deadlocks, ACycleOfWaitsIsFoundAtOnceAndNamed) {
  // Joining a thread with the mutex held that it needs (coordination.md, D1).
  const RunResult result = simulate_until_failure(50, [] {
    Mutex coordinator("coordinator", 1);
    Thread bystander("bystander", [] { sleep_until(deadline_in(hours(1))); });
    Thread heartbeat("heartbeat", [&] { const MutexLock lock(coordinator); });
    {
      const MutexLock lock(coordinator);
      heartbeat.join();
    }
    bystander.join();
  });
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, "deadlock");
  EXPECT_THAT(result.failure->text, HasSubstr("threads wait for each other in a cycle"));
  EXPECT_THAT(result.failure->text,
              HasSubstr("cycle: \"main\" -> end of -> \"heartbeat\" -> mutex \"coordinator\" -> "
                        "\"main\""));
  EXPECT_THAT(result.failure->text,
              HasSubstr("thread \"heartbeat\" of process \"world\" waits for mutex "
                        "\"coordinator\", held by thread \"main\""));
  EXPECT_LT(result.virtual_elapsed, seconds(1));
}

TEST(Deadlocks, AnEmptyAgendaIsReportedWithEveryWait) {
  const RunResult result = simulate(3, [] {
    Mutex mutex("state", 1);
    ConditionVariable changed("changed");
    Signal signal("arrival");
    Thread waiter("waiter", [&] {
      MutexLock lock(mutex);
      changed.wait_until(lock, kNever, [] { return false; });
    });
    Thread receiver("receiver", [&] { Scheduler::current()->wait_for_signal(signal, kNever); });
    Thread sleeper("sleeper", [] { sleep_until(kNever); });
    waiter.join();
  });
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, "deadlock");
  const std::string& text = result.failure->text;
  EXPECT_THAT(text, HasSubstr("\"waiter\" of process \"world\" waits on condition \"changed\", "
                              "without a deadline"));
  EXPECT_THAT(text, HasSubstr("\"receiver\" of process \"world\" waits for signal \"arrival\""));
  EXPECT_THAT(text, HasSubstr("\"sleeper\" of process \"world\" sleeps"));
  EXPECT_THAT(text, HasSubstr("\"main\" of process \"world\" waits for the end of thread "
                              "\"waiter\""));
  EXPECT_THAT(text, Not(HasSubstr("cycle:")));
  EXPECT_THAT(text, HasSubstr("on thread"));
}

// Without the anonymous namespace and with external linkage, so that its name can be found.
}  // namespace

[[gnu::noinline]] void wait_for_what_does_not_come() {
  sleep_until(kNever);
  choice_point("keeps this frame");
}

namespace {

#ifndef __SANITIZE_THREAD__
TEST(Deadlocks, TheReportHoldsTheStacksOfAllThreads) {
  const RunResult result = simulate(1, [] {
    Thread thread("stuck", [] { wait_for_what_does_not_come(); });
    thread.join();
  });
  ASSERT_TRUE(result.failure);
  EXPECT_THAT(result.failure->text, HasSubstr("stack of thread \"stuck\":"));
  EXPECT_THAT(result.failure->text, HasSubstr("wait_for_what_does_not_come()"));
  EXPECT_THAT(result.failure->text, HasSubstr("rookery::Thread::join"));
  EXPECT_THAT(result.failure->text, Not(HasSubstr("0x")));
}
#endif

TEST(Deadlocks, JoiningOneselfIsNamed) {
  const RunResult result = simulate(1, [] {
    Thread thread;
    Atomic<bool> is_assigned(false);
    thread = Thread("ouroboros", [&] {
      while (!is_assigned.load()) {
      }
      thread.join();
    });
    is_assigned.store(true);
    sleep_until(deadline_in(seconds(1)));
  });
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, "deadlock");
  EXPECT_THAT(result.failure->text, HasSubstr("thread \"ouroboros\" joins itself"));
}

}  // namespace
}  // namespace rookery::sim
