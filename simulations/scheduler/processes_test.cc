// processes_test.cc
//
// Processes: pause and resume, and the death whose destructors run without the world noticing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/choice_point.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/random.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <atomic>
#include <string>
#include <vector>

#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/test_run.h"

namespace rookery::sim {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

// A program of three threads that runs until told to stop, and takes its time to.
class Server {
 public:
  explicit Server(std::atomic<int>* ticks) : ticks_(ticks) {}

  void run() {
    std::vector<Thread> workers;
    for (int i = 0; i < 2; ++i) {
      workers.emplace_back("worker", [this] { work(); });
    }
    for (Thread& worker : workers) worker.join();
    sleep_until(deadline_in(seconds(30)));  // a slow end
    has_ended_ = true;
  }

  void stop() {
    {
      const MutexLock lock(mutex_);
      is_stopped_ = true;
    }
    changed_.notify_all();
  }

  bool has_ended() const { return has_ended_; }

 private:
  void work() {
    MutexLock lock(mutex_);
    while (
        !changed_.wait_until(lock, deadline_in(milliseconds(10)), [this] { return is_stopped_; })) {
      ++*ticks_;
    }
  }

  std::atomic<int>* ticks_;
  Mutex mutex_{"server", 1};
  ConditionVariable changed_{"server_changed"};
  bool is_stopped_ = false;
  bool has_ended_ = false;
};

Scheduler& world() { return *Scheduler::current(); }

TEST(Processes, AreInheritedByTheThreadsOfAFiber) {
  expect_success(simulate(1, [] {
    EXPECT_EQ(world().current_process(), kWorld);
    ProcessId inner = kWorld;
    const ProcessId process = world().spawn_process("server-1", [&inner] {
      Thread thread("worker", [&inner] { inner = world().current_process(); });
      thread.join();
    });
    EXPECT_TRUE(world().wait_for_process(process, kNever));
    EXPECT_EQ(inner, process);
    EXPECT_EQ(world().process_name(process), "server-1");
    EXPECT_EQ(world().live_fibers(process), 0U);
    EXPECT_FALSE(world().process_is_dead(process));
  }));
}

TEST(Processes, WaitForProcessGivesUpAtTheDeadline) {
  expect_success(simulate(1, [] {
    const ProcessId process =
        world().spawn_process("slow", [] { sleep_until(deadline_in(seconds(10))); });
    EXPECT_FALSE(world().wait_for_process(process, deadline_in(seconds(1))));
    EXPECT_TRUE(world().wait_for_process(process, deadline_in(seconds(60))));
  }));
}

TEST(Pause, StopsAllThreadsOfTheProcessAndResumeLetsDeadlinesComeDue) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    expect_success(simulate(seed, [] {
      std::atomic<int> ticks = 0;
      Server server(&ticks);
      const ProcessId process = world().spawn_process("server", [&server] { server.run(); });
      sleep_until(deadline_in(seconds(1)));
      EXPECT_GT(ticks, 150);
      world().pause(process);
      EXPECT_TRUE(world().is_paused(process));
      const int before = ticks;
      sleep_until(deadline_in(hours(1)));
      EXPECT_EQ(ticks, before);
      world().resume(process);
      sleep_until(deadline_in(milliseconds(5)));
      // Each worker was woken once by the deadline that had passed, and waits again.
      EXPECT_EQ(ticks, before + 2);
      server.stop();
      EXPECT_TRUE(world().wait_for_process(process, kNever));
      EXPECT_TRUE(server.has_ended());
    }));
  }
}

TEST(Pause, APausedThreadKeepsItsMutex) {
  expect_success(simulate(1, [] {
    Mutex mutex("shared", 1);
    Atomic<bool> is_held(false);
    const ProcessId process = world().spawn_process("holder", [&] {
      const MutexLock lock(mutex);
      is_held.store(true);
      sleep_until(deadline_in(seconds(1)));
    });
    while (!is_held.load()) {
    }
    world().pause(process);
    sleep_until(deadline_in(seconds(10)));
    EXPECT_FALSE(mutex.try_lock());
    world().resume(process);
    EXPECT_TRUE(world().wait_for_process(process, kNever));
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  }));
}

TEST(Pause, ADeadlockReportTellsWhoIsPaused) {
  const RunResult result = simulate(1, [] {
    const ProcessId process =
        world().spawn_process("server", [] { sleep_until(deadline_in(seconds(1))); });
    sleep_until(deadline_in(milliseconds(1)));
    world().pause(process);
    world().wait_for_process(process, kNever);
  });
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, "deadlock");
  EXPECT_THAT(result.failure->text, HasSubstr("\"server\" sleeps (woken, but paused)"));
  EXPECT_THAT(result.failure->text, HasSubstr("waits for the end of process \"server\""));
}

TEST(Kill, RunsAllThreadsToTheirEndInNoTimeOfTheWorld) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SchedulerOptions options;
    options.step_cost = Duration::zero();
    expect_success(simulate(
        seed,
        [] {
          std::atomic<int> ticks = 0;
          int destroyed = 0;
          bool has_ended = false;
          std::atomic<Server*> running = nullptr;
          const ProcessId process = world().spawn_process("server", [&] {
            struct CountsItsEnd {
              int* count;
              ~CountsItsEnd() { ++*count; }
            };
            const CountsItsEnd guard{&destroyed};
            Server server(&ticks);
            running = &server;
            server.run();
            has_ended = server.has_ended();
          });
          sleep_until(deadline_in(seconds(1)));
          const TimePoint before = world().world_time();
          world().kill(process, [&] {
            EXPECT_EQ(world().current_process(), process);
            EXPECT_TRUE(world().current_process_is_dead());
            running.load()->stop();
          });
          EXPECT_EQ(world().world_time(), before);
          EXPECT_EQ(world().time(), before);
          EXPECT_TRUE(has_ended);
          EXPECT_EQ(destroyed, 1);
          EXPECT_EQ(world().live_fibers(process), 0U);
          EXPECT_TRUE(world().process_is_dead(process));
          EXPECT_FALSE(world().current_process_is_dead());
          EXPECT_TRUE(world().wait_for_process(process, kNever));
        },
        options));
  }
}

TEST(Kill, TheDyingProcessSeesItsOwnTime) {
  expect_success(simulate(1, [] {
    TimePoint killed_at;
    TimePoint ended_at;
    const ProcessId process = world().spawn_process("server", [&] {
      sleep_until(deadline_in(hours(5)));
      ended_at = now();
    });
    sleep_until(deadline_in(seconds(1)));
    killed_at = world().world_time();
    world().kill(process, [] {});
    EXPECT_GE(ended_at, killed_at + hours(4));
    EXPECT_LT(world().world_time(), killed_at + milliseconds(1));
  }));
}

TEST(Kill, LeavesTheTapeWhereItWas) {
  // The world's dice and schedule after a kill are the same, however long the dying process rolls
  // its own.
  const auto rolls_after_kill = [](int rolls_of_the_dying) {
    std::vector<std::uint64_t> rolls;
    const RunResult result = simulate(7, [&] {
      const ProcessId process = world().spawn_process("server", [rolls_of_the_dying] {
        sleep_until(deadline_in(hours(1)));
        for (int i = 0; i < rolls_of_the_dying; ++i) random_below(100);
      });
      sleep_until(deadline_in(seconds(1)));
      world().kill(process, [] {});
      for (int i = 0; i < 20; ++i) rolls.push_back(random_below(1'000'000));
    });
    expect_success(result);
    EXPECT_GT(result.drain_steps, 0U);
    return rolls;
  };
  EXPECT_EQ(rolls_after_kill(0), rolls_after_kill(1000));
}

TEST(Kill, OtherProcessesStandStillMeanwhile) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    expect_success(simulate(seed, [] {
      std::atomic<bool> is_draining = false;
      std::atomic<bool> is_over = false;
      const ProcessId other = world().spawn_process("other", [&] {
        while (!is_over) {
          EXPECT_FALSE(is_draining);
          sleep_until(deadline_in(std::chrono::microseconds(100)));
          EXPECT_FALSE(is_draining);
        }
      });
      const ProcessId victim = world().spawn_process("victim", [&] {
        for (int i = 0; i < 100; ++i) sleep_until(deadline_in(milliseconds(100)));
        is_draining = false;
      });
      sleep_until(deadline_in(milliseconds(150)));
      world().kill(victim, [&is_draining] { is_draining = true; });
      EXPECT_FALSE(is_draining);
      is_over = true;
      EXPECT_TRUE(world().wait_for_process(other, kNever));
    }));
  }
}

TEST(Kill, APausedProcessCanBeKilled) {
  expect_success(simulate(1, [] {
    std::atomic<int> ticks = 0;
    Server server(&ticks);
    const ProcessId process = world().spawn_process("server", [&server] { server.run(); });
    sleep_until(deadline_in(seconds(1)));
    world().pause(process);
    sleep_until(deadline_in(seconds(1)));
    world().kill(process, [&server] { server.stop(); });
    EXPECT_TRUE(server.has_ended());
    EXPECT_EQ(world().live_fibers(process), 0U);
  }));
}

TEST(Kill, OneThatHasEndedIsOnlyMarked) {
  expect_success(simulate(1, [] {
    const ProcessId process = world().spawn_process("short", [] {});
    EXPECT_TRUE(world().wait_for_process(process, kNever));
    world().kill(process, [] { ADD_FAILURE() << "nobody is left to be asked"; });
    EXPECT_TRUE(world().process_is_dead(process));
  }));
}

TEST(Kill, AProcessThatCannotStopIsReported) {
  const RunResult result = simulate(1, [] {
    const ProcessId process = world().spawn_process("server", [] {
      Mutex mutex("mutex", 1);
      ConditionVariable answered("answered");
      MutexLock lock(mutex);
      answered.wait_until(lock, kNever, [] { return false; });
    });
    sleep_until(deadline_in(seconds(1)));
    world().kill(process, [] {});
  });
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, "process cannot stop");
  EXPECT_THAT(result.failure->text, HasSubstr("process \"server\""));
  EXPECT_THAT(result.failure->text, HasSubstr("waits on condition \"answered\""));
  EXPECT_THAT(result.failure->text, Not(HasSubstr("\"main\"")));
}

TEST(Kill, AProcessThatDoesNotHeedItsStopIsReported) {
  SchedulerOptions options;
  options.drain_steps_most = 1000;
  const RunResult result = simulate(
      1,
      [] {
        const ProcessId process = world().spawn_process("stubborn", [] {
          for (;;) sleep_until(deadline_in(seconds(1)));
        });
        sleep_until(deadline_in(seconds(1)));
        world().kill(process, [] {});
      },
      options);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->kind, "process cannot stop");
  EXPECT_THAT(result.failure->text, HasSubstr("\"stubborn\" still runs after 1000 steps"));
}

TEST(Kill, MayBeSeenInTheTraceButIsTheSameEachTime) {
  const auto hash = [](std::uint64_t seed) {
    return simulate(seed,
                    [] {
                      std::atomic<int> ticks = 0;
                      Server server(&ticks);
                      const ProcessId process =
                          world().spawn_process("server", [&server] { server.run(); });
                      sleep_until(deadline_in(milliseconds(95)));
                      world().kill(process, [&server] { server.stop(); });
                    })
        .trace_hash;
  };
  for (std::uint64_t seed = 0; seed < 10; ++seed) EXPECT_EQ(hash(seed), hash(seed));
}

TEST(Kill, TheWorldAndOneselfAreSpared) {
  const RunResult world_killed = simulate(1, [] { world().kill(kWorld, [] {}); });
  ASSERT_TRUE(world_killed.failure);
  EXPECT_EQ(world_killed.failure->kind, "misuse");
  const RunResult self_killed = simulate(1, [] {
    world().spawn_process("suicidal", [] { world().kill(world().current_process(), [] {}); });
  });
  ASSERT_TRUE(self_killed.failure);
  EXPECT_EQ(self_killed.failure->kind, "misuse");
}

TEST(WallClocks, AreEachProcessesOwnAndMonotonicTimeIsNobodys) {
  simulate(1, [] {
    const ProcessId process = world().spawn_process("server", [] {
      const TimePoint before = now();
      const WallTime first = wall_now();
      sleep_until(deadline_in(seconds(100)));
      // An hour back by a jump, and ten seconds ahead by drift.
      EXPECT_GT(now(), before);
      EXPECT_LT(wall_now() - first, seconds(111) - hours(1));
      EXPECT_GT(wall_now() - first, seconds(109) - hours(1));
    });
    WallClock& clock = world().wall_clock(process);
    EXPECT_EQ(clock.deviation(world().time()), Duration::zero());
    sleep_until(deadline_in(milliseconds(10)));
    clock.drift(world().time(), 100'000);
    clock.jump(world().time(), -hours(1));
    const WallTime mine = wall_now();
    EXPECT_TRUE(world().wait_for_process(process, kNever));
    EXPECT_GT(wall_now() - mine, seconds(99));
    EXPECT_EQ(world().wrong_wall_reads(process), 2U);
    clock.set_right();
    EXPECT_EQ(clock.deviation(world().time()), Duration::zero());
  });
}

}  // namespace
}  // namespace rookery::sim
