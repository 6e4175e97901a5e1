// runtime_test.cc
//
// The runtime on threads of the operating system. Its other side is tested in
// simulations/scheduler.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/choice_point.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/fiber_local.h>
#include <rookery/runtime/generator.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/random.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <csignal>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace rookery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Time, AddingSaturatesAtTheEndOfTime) {
  const TimePoint start(seconds(5));
  EXPECT_EQ(saturating_add(start, milliseconds(3)), start + milliseconds(3));
  EXPECT_EQ(saturating_add(start, Duration::max()), kNever);
  EXPECT_EQ(saturating_add(kNever, milliseconds(1)), kNever);
  EXPECT_EQ(saturating_add(start, Duration::min()), start);
  EXPECT_EQ(deadline_in(Duration::max()), kNever);
}

TEST(Time, BetweenTimesOfTheCalendarSaturatesAtTheLongestDuration) {
  const WallTime now(milliseconds(1'795'000'000'000));
  EXPECT_EQ(saturating_between(now - seconds(3), now), seconds(3));
  EXPECT_EQ(saturating_between(now + seconds(3), now), -seconds(3));
  const WallTime in_microseconds(milliseconds(1'795'000'000'000'000));
  EXPECT_EQ(saturating_between(in_microseconds, now), Duration::min());
  EXPECT_EQ(saturating_between(now, in_microseconds), Duration::max());
  EXPECT_EQ(saturating_between(WallTime::min(), WallTime::max()), Duration::max());
  EXPECT_EQ(saturating_between(WallTime::max(), WallTime::min()), Duration::min());
  // To the last millisecond that a Duration holds.
  const milliseconds most = std::chrono::duration_cast<milliseconds>(Duration::max());
  EXPECT_EQ(saturating_between(WallTime(), WallTime(most)), Duration(most));
  EXPECT_EQ(saturating_between(WallTime(), WallTime(most + milliseconds(1))), Duration::max());
  EXPECT_EQ(saturating_between(WallTime(most), WallTime()), -Duration(most));
}

TEST(Time, TheMonotonicClockNeverFallsAndSleepingReachesTheDeadline) {
  const TimePoint before = now();
  const TimePoint deadline = deadline_in(milliseconds(2));
  sleep_until(deadline);
  const TimePoint after = now();
  EXPECT_GE(deadline, before);
  EXPECT_GE(after, deadline);
}

TEST(Time, TheWallClockIsPastTheDayThisWasWritten) {
  EXPECT_GT(wall_now(), WallTime(std::chrono::sys_days(std::chrono::year(2024) / 1 / 1)));
}

TEST(Time, TheWallClockToTheTickIsNeverLaterAndNotFarBehind) {
  for (int i = 0; i < 1000; ++i) {
    const WallTime to_the_tick = wall_now_to_the_tick();
    const WallTime exact = wall_now();
    EXPECT_LE(to_the_tick, exact);
  }
  const WallTime exact = wall_now();
  EXPECT_LE(exact - wall_now_to_the_tick(), milliseconds(20));
}

TEST(Mutex, ExcludesOtherThreads) {
  Mutex mutex("counter", ranks::kLeaf);
  int counter = 0;
  std::vector<Thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back("adder", [&] {
      for (int k = 0; k < 1000; ++k) {
        const MutexLock lock(mutex);
        ++counter;
      }
    });
  }
  for (Thread& thread : threads) thread.join();
  EXPECT_EQ(counter, 4000);
}

TEST(Mutex, ALockCanBeGivenBackEarlyAndTakenAgain) {
  Mutex mutex("early", ranks::kLeaf);
  MutexLock lock(mutex);
  EXPECT_TRUE(lock.owns());
  lock.unlock();
  EXPECT_FALSE(lock.owns());
  ASSERT_TRUE(mutex.try_lock());
  mutex.unlock();
  lock.lock();
  EXPECT_TRUE(lock.owns());
}

#ifdef ROOKERY_CHECK_LOCKS

TEST(LockRulesDeathTest, ARankThatDoesNotAscendNamesBothMutexes) {
  Mutex outer("outer_thing", 10);
  Mutex inner("inner_thing", 20);
  EXPECT_DEATH(
      {
        const MutexLock first(inner);
        const MutexLock second(outer);
      },
      "\"outer_thing\" \\(rank 10\\) is locked while \"inner_thing\" \\(rank 20\\) is held");
}

TEST(LockRulesDeathTest, EqualRanksDoNotNest) {
  Mutex one("one", 10);
  Mutex other("other", 10);
  EXPECT_DEATH(
      {
        const MutexLock first(one);
        const MutexLock second(other);
      },
      "\"other\".*\"one\"");
}

TEST(LockRules, TryLockIsFreeOfTheRankRule) {
  Mutex outer("outer", 10);
  Mutex inner("inner", 20);
  const MutexLock first(inner);
  ASSERT_TRUE(outer.try_lock());
  outer.unlock();
}

TEST(LockRulesDeathTest, LockingTwiceIsNamed) {
  Mutex mutex("twice", 10);
  EXPECT_DEATH(
      {
        const MutexLock first(mutex);
        const MutexLock second(mutex);
      },
      "\"twice\".*a second time");
}

TEST(LockRulesDeathTest, AWaitWithASecondLockHeldIsNamed) {
  Mutex outer("outer", 10);
  Mutex inner("inner", 20);
  ConditionVariable changed("changed");
  EXPECT_DEATH(
      {
        MutexLock first(outer);
        MutexLock second(inner);
        changed.wait_until(second, deadline_in(seconds(1)), [] { return false; });
      },
      "condition \"changed\".*\"inner\".*\"outer\"");
}

TEST(LockRulesDeathTest, ACallbackEnteredWithALockHeldIsNamed) {
  Mutex mutex("kept", 10);
  EXPECT_DEATH(
      {
        const MutexLock lock(mutex);
        assert_no_locks_held("consume");
      },
      "consume is entered while \"kept\"");
}

TEST(LockRules, LocksMayBeGivenBackInAnyOrder) {
  Mutex outer("outer", 10);
  Mutex inner("inner", 20);
  MutexLock first(outer);
  MutexLock second(inner);
  first.unlock();
  second.unlock();
  assert_no_locks_held("nothing");
}

#endif  // ROOKERY_CHECK_LOCKS

TEST(ConditionVariable, EndsByNotify) {
  Mutex mutex("mutex", ranks::kLeaf);
  ConditionVariable changed("changed");
  bool is_set = false;
  Thread setter("setter", [&] {
    {
      const MutexLock lock(mutex);
      is_set = true;
    }
    changed.notify_one();
  });
  {
    MutexLock lock(mutex);
    EXPECT_TRUE(changed.wait_until(lock, kNever, [&] { return is_set; }));
    EXPECT_TRUE(lock.owns());
  }
  setter.join();
}

TEST(ConditionVariable, EndsByItsDeadlineAndNotBefore) {
  Mutex mutex("mutex", ranks::kLeaf);
  ConditionVariable changed("changed");
  MutexLock lock(mutex);
  const TimePoint deadline = deadline_in(milliseconds(5));
  EXPECT_FALSE(changed.wait_until(lock, deadline, [] { return false; }));
  EXPECT_GE(now(), deadline);
  EXPECT_TRUE(lock.owns());
}

TEST(ConditionVariable, APastDeadlineStillAsksThePredicate) {
  Mutex mutex("mutex", ranks::kLeaf);
  ConditionVariable changed("changed");
  MutexLock lock(mutex);
  EXPECT_TRUE(changed.wait_until(lock, TimePoint(), [] { return true; }));
  EXPECT_FALSE(changed.wait_until(lock, TimePoint(), [] { return false; }));
}

TEST(Thread, KnowsItsNameAndIsJoinedOnce) {
  std::string seen;
  Thread thread("a name of more than fifteen bytes", [&] { seen = current_thread_name(); });
  EXPECT_TRUE(thread.joinable());
  thread.join();
  EXPECT_FALSE(thread.joinable());
  EXPECT_EQ(seen, "a name of more than fifteen bytes");
}

TEST(Thread, JoinUntilGivesUpAtTheDeadlineAndTheThreadStaysJoinable) {
  Mutex mutex("mutex", ranks::kLeaf);
  ConditionVariable changed("changed");
  bool may_end = false;
  Thread thread("waiter", [&] {
    MutexLock lock(mutex);
    changed.wait_until(lock, kNever, [&] { return may_end; });
  });
  EXPECT_FALSE(thread.join_until(deadline_in(milliseconds(2))));
  EXPECT_TRUE(thread.joinable());
  {
    const MutexLock lock(mutex);
    may_end = true;
  }
  changed.notify_all();
  EXPECT_TRUE(thread.join_until(deadline_in(seconds(30))));
  EXPECT_FALSE(thread.joinable());
}

TEST(Thread, WhatTheBodyOwnsIsGoneAfterTheJoin) {
  auto owned = std::make_shared<int>(7);
  const std::weak_ptr<int> watch = owned;
  Thread thread("owner", [owned = std::move(owned)] { EXPECT_EQ(*owned, 7); });
  thread.join();
  EXPECT_TRUE(watch.expired());
}

// A signal that ends the program goes to whom it is meant for, whichever thread was made first.
TEST(Thread, DoesNotTakeTheSignalsThatSteerTheProgram) {
  bool is_blocked = false;
  Thread thread("steady", [&] {
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    is_blocked = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGINT) == 1 &&
                 sigismember(&mask, SIGSEGV) == 0;
  });
  thread.join();
  EXPECT_TRUE(is_blocked);
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGTERM), 0);
}

TEST(Thread, CanBeMoved) {
  Atomic<int> runs(0);
  Thread first("moved", [&] { runs.fetch_add(1); });
  Thread second = std::move(first);
  EXPECT_FALSE(first.joinable());  // NOLINT(bugprone-use-after-move): moved from means empty
  Thread third;
  third = std::move(second);
  third.join();
  EXPECT_EQ(runs.load(), 1);
}

TEST(ThreadDeathTest, DestroyingAJoinableThreadNamesIt) {
  EXPECT_DEATH({ const Thread thread("forgotten", [] {}); },
               "thread \"forgotten\" is destroyed without");
}

TEST(ThreadDeathTest, AnExceptionThatLeavesTheBodyIsNamed) {
  EXPECT_DEATH(
      {
        Thread thread("thrower", [] { throw std::runtime_error("no such record"); });
        thread.join();
      },
      "thread \"thrower\" ended by an exception: no such record");
}

TEST(Thread, TheMachineHasAtLeastOneProcessor) { EXPECT_GE(hardware_concurrency(), 1U); }

TEST(Atomic, DoesWhatItsNamesSay) {
  Atomic<int> value(5);
  EXPECT_EQ(value.fetch_add(2, std::memory_order_relaxed), 5);
  EXPECT_EQ(value.fetch_sub(1), 7);
  EXPECT_EQ(value.exchange(9, std::memory_order_acq_rel), 6);
  int expected = 8;
  EXPECT_FALSE(value.compare_exchange_strong(expected, 1));
  EXPECT_EQ(expected, 9);
  EXPECT_TRUE(value.compare_exchange_strong(expected, 1, std::memory_order_release,
                                            std::memory_order_relaxed));
  value.store(3, std::memory_order_release);
  EXPECT_EQ(value.load(std::memory_order_acquire), 3);
}

TEST(Random, StaysBelowItsBoundAndReachesAllOfIt) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t value = random_below(5);
    ASSERT_LT(value, 5U);
    seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 5U);
  EXPECT_EQ(random_below(1), 0U);
  EXPECT_EQ(random_below(0), 0U);
}

TEST(Random, ThreadsDrawFromGeneratorsOfTheirOwn) {
  std::uint64_t theirs = 0;
  Thread thread("other", [&] { theirs = random_u64(); });
  thread.join();
  EXPECT_NE(random_u64(), theirs);  // equal once in 2^64
}

TEST(Generator, GivesTheSameNumbersEverywhere) {
  Generator generator(1);
  const std::uint64_t first = generator.next();
  const std::uint64_t second = generator.next();
  // From a second implementation, in another language.
  EXPECT_EQ(first, 0xb3f2af6d0fc710c5U);
  EXPECT_EQ(second, 0x853b559647364ceaU);
}

TEST(FiberLocal, EachThreadHasItsOwnAndItEndsWithTheThread) {
  const FiberLocal<std::shared_ptr<int>> unused;
  FiberLocal<std::shared_ptr<int>> local;
  std::weak_ptr<int> watch;
  *local = std::make_shared<int>(1);
  Thread thread("other", [&] {
    EXPECT_EQ(*local, nullptr);
    *local = std::make_shared<int>(2);
    watch = *local;
  });
  thread.join();
  EXPECT_TRUE(watch.expired());
  EXPECT_EQ(**local, 1);
}

TEST(FiberLocal, StartsAsItIsMade) {
  FiberLocal<int> local([] { return 42; });
  EXPECT_EQ(*local, 42);
  *local = 1;
  EXPECT_EQ(*local, 1);
}

TEST(ChoicePoint, DoesNothingOnAnOsThread) {
  choice_point("here");
  EXPECT_FALSE(on_fiber());
}

}  // namespace
}  // namespace rookery
