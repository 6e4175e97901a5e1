// worker_pool_test.cc
//
// Tasks: one worker inside at a time, none forgotten, timers in time, an end that keeps its word.
#include <rookery/processing/worker_pool.h>
#include <rookery/transport/testing/board.h>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

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

// Tasks that tell what they have left to do, and wait for one worker.
class Backlogs {
 public:
  // In the order in which they come to wait. kin 0: it is nobody's.
  void add(const std::string& name, std::size_t kin, std::size_t backlog, bool is_urgent = false) {
    tasks_.push_back(std::make_shared<Kin>(*this, name, kin, backlog));
    if (is_urgent) tasks_.back()->set_urgent();
    tasks_.back()->schedule();
    board_.wait_for_notes(name);
  }
  // Who runs when, when all of them wait.
  std::vector<std::string> run() {
    const std::size_t before = board_.notes().size();
    bool may_end = false;
    const auto busy = task(pool_, [&] {
      board_.note("busy");
      board_.wait_for("all to wait", [&] { return may_end; });
    });
    busy->schedule();
    board_.wait_for_notes("busy");
    for (const auto& task : tasks_) task->schedule();
    board_.change([&] { may_end = true; });
    board_.wait_for("all to run",
                    [&] { return board_.count_prefix("") == before + 1 + tasks_.size(); });
    std::vector<std::string> notes = board_.notes();
    notes.erase(notes.begin(), notes.begin() + static_cast<std::ptrdiff_t>(before) + 1);
    return notes;
  }

 private:
  class Kin final : public Task {
   public:
    Kin(Backlogs& all, std::string name, std::size_t kin, std::size_t backlog)
        : all_(all), name_(std::move(name)), kin_(kin), backlog_(backlog) {
      attach_to(all.pool_);
    }

   private:
    void step() override {
      set_backlog(kin_, backlog_);
      all_.board_.note(name_);
    }

    Backlogs& all_;
    const std::string name_;
    const std::size_t kin_;
    const std::size_t backlog_;
  };

  Board board_;
  WorkerPool pool_{"w", 1};
  std::vector<std::shared_ptr<Kin>> tasks_;
};

TEST(WorkerPool, WhoHasMostLeftToDoGoesBeforeItsKin) {
  Backlogs backlogs;
  backlogs.add("little", 1, 2);
  backlogs.add("other kin", 2, 50);
  backlogs.add("nobody's", 0, 60);
  backlogs.add("most", 1, 9);
  backlogs.add("more", 1, 5);
  EXPECT_EQ(backlogs.run(),
            (std::vector<std::string>{"most", "more", "little", "other kin", "nobody's"}));
}

TEST(WorkerPool, NobodyIsPassedByForEver) {
  Backlogs backlogs;
  backlogs.add("little", 1, 1);
  for (std::size_t i = 0; i < 12; ++i) backlogs.add("much " + std::to_string(i), 1, 10);
  const std::vector<std::string> ran = backlogs.run();
  ASSERT_EQ(ran.size(), 13U);
  EXPECT_EQ(ran[8], "little");
}

TEST(WorkerPool, WhatIsUrgentIsNotPassedBy) {
  Backlogs backlogs;
  backlogs.add("first", 1, 1);
  backlogs.add("more", 1, 3);
  backlogs.add("ending", 1, 2, /*is_urgent=*/true);
  backlogs.add("most", 1, 9);
  EXPECT_EQ(backlogs.run(), (std::vector<std::string>{"more", "first", "ending", "most"}));
}

TEST(WorkerPool, OnlyTheFirstSixteenAreLookedAt) {
  Backlogs backlogs;
  for (std::size_t i = 0; i < 16; ++i) backlogs.add("little " + std::to_string(i), 1, 1);
  backlogs.add("most", 1, 9);
  const std::vector<std::string> ran = backlogs.run();
  ASSERT_EQ(ran.size(), 17U);
  EXPECT_EQ(ran[0], "little 0");
  EXPECT_EQ(ran[1], "most");
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
