// worker_pool_test.cc
//
// Tasks: one worker inside at a time, none forgotten, timers in time, an end that keeps its word.
#include <rookery/processing/worker_pool.h>
#include <rookery/transport/testing/board.h>

#include <gtest/gtest.h>

#include <functional>
#include <utility>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using fakes::Board;

class FunctionTask final : public Task {
 public:
  FunctionTask(WorkerPool& pool, std::function<void()> body) : body_(std::move(body)) {
    attach_to(pool);
  }

 private:
  void step() override { body_(); }

  const std::function<void()> body_;
};

std::shared_ptr<FunctionTask> task(WorkerPool& pool, std::function<void()> body) {
  return std::make_shared<FunctionTask>(pool, std::move(body));
}

TEST(WorkerPool, RunsATaskScheduledFromManyThreadsOneStepAtATime) {
  Board board;
  int inside = 0;
  int most = 0;
  int steps = 0;
  WorkerPool pool("w", 3);
  const auto once = task(pool, [&] {
    board.change([&] { most = std::max(most, ++inside); });
    board.change([&] {
      --inside;
      ++steps;
    });
  });
  std::vector<Thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back("s", [&] {
      for (int j = 0; j < 200; ++j) once->schedule();
    });
  }
  for (Thread& thread : threads) thread.join();
  int before = 0;
  board.look([&] { before = steps; });
  once->schedule();
  board.wait_for("a step after the last schedule", [&] { return steps > before; });
  EXPECT_EQ(most, 1);
}

TEST(WorkerPool, ATaskScheduledWhileItRunsRunsAgain) {
  Board board;
  WorkerPool pool("w", 2);
  bool may_end = false;
  const auto running = task(pool, [&] {
    board.note("step");
    board.wait_for("leave to end", [&] { return may_end; });
  });
  running->schedule();
  board.wait_for_notes("step", 1);
  running->schedule();
  running->schedule();  // as good as once
  board.change([&] { may_end = true; });
  board.wait_for_notes("step", 2);
  pool.stop();
  EXPECT_TRUE(pool.join_until(deadline_in(20s)));
  EXPECT_EQ(board.notes("step").size(), 2U);
}

TEST(WorkerPool, TimersRunInOrderAndNotEarly) {
  Board board;
  WorkerPool pool("w", 1);
  const TimePoint start = now();
  const TimePoint soon = saturating_add(start, 10ms);
  const TimePoint later = saturating_add(start, 25ms);
  const auto second = task(pool, [&] { board.note(now() >= later ? "second" : "second, early"); });
  const auto first = task(pool, [&] { board.note(now() >= soon ? "first" : "first, early"); });
  second->schedule_at(later);
  first->schedule_at(soon);
  board.wait_for_notes("second");
  EXPECT_EQ(board.notes(), (std::vector<std::string>{"first", "second"}));
}

TEST(WorkerPool, AnEarlierTimeReplacesALaterOne) {
  Board board;
  WorkerPool pool("w", 1);
  const auto timed = task(pool, [&] { board.note("ran"); });
  timed->schedule_at(saturating_add(now(), 1h));
  timed->schedule_at(saturating_add(now(), 1ms));
  timed->schedule_at(saturating_add(now(), 2h));  // ignored
  board.wait_for_notes("ran");
}

// The worker that watches the timers may be the one that gets a long task: another must take over.
TEST(WorkerPool, TimersAreInTimeWhileAnyWorkerIsBusy) {
  for (int round = 0; round < 20; ++round) {
    Board board;
    WorkerPool pool("w", 2);
    std::vector<std::shared_ptr<FunctionTask>> tasks;
    for (int i = 0; i < 2; ++i) {  // both workers are up, and wait without a timer
      tasks.push_back(task(pool, [&] {
        board.note("up");
        board.wait_for_notes("up", 2);
      }));
      tasks.back()->schedule();
    }
    board.wait_for_notes("up", 2);
    const auto timed = task(pool, [&] { board.note("timer"); });
    timed->schedule_at(saturating_add(now(), 20ms));
    // Whoever waits longest gets the next task: after some, that is the one with the timer.
    for (std::size_t i = 1; i <= static_cast<std::size_t>(round % 4); ++i) {
      const auto passing = task(pool, [&] { board.note("passing"); });
      passing->schedule();
      board.wait_for_notes("passing", i);
    }
    const auto busy = task(pool, [&] { board.wait_for_notes("timer"); });
    busy->schedule();
    ASSERT_TRUE(board.wait_for_notes("timer"));
  }
}

TEST(WorkerPool, StopLetsRunningStepsEndAndDropsTheQueue) {
  Board board;
  bool may_end = false;
  WorkerPool pool("w", 1);
  const auto running = task(pool, [&] {
    board.note("running");
    board.wait_for("leave to end", [&] { return may_end; });
  });
  auto queued = task(pool, [&] { board.note("queued"); });
  const std::weak_ptr<FunctionTask> watched = queued;
  running->schedule();
  board.wait_for_notes("running");
  queued->schedule();
  queued.reset();
  pool.stop();
  EXPECT_TRUE(watched.expired()) << "the queue still owns the task";
  EXPECT_FALSE(pool.join_until(deadline_in(5ms)));
  running->schedule();  // too late
  board.change([&] { may_end = true; });
  EXPECT_TRUE(pool.join_until(deadline_in(20s)));
  EXPECT_EQ(board.notes(), std::vector<std::string>{"running"});
}

}  // namespace
}  // namespace rookery
