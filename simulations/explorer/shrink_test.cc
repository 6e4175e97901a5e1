// shrink_test.cc
//
// Shrinking of toys whose smallest failure is known. What it makes of whole programs is in
// canary_test.

#include "simulations/explorer/shrink.h"

#include <gtest/gtest.h>
#include <rookery/runtime/choice_point.h>
#include <rookery/runtime/thread.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "simulations/explorer/failure_text.h"
#include "simulations/explorer/replay_line.h"
#include "simulations/scheduler/strategy.h"

namespace rookery::sim {
namespace {

RunOutcome run_of(const RunFunction& run, const RunSource& source) {
  RunTape tape(source);
  return run(tape, {});
}

// The first seed that fails, made smaller.
Shrunk shrink_first(const RunFunction& run, const ShrinkOptions& options = {}) {
  for (std::uint64_t seed = 1; seed < 1000; ++seed) {
    const RunOutcome outcome = run_of(run, {.seed = seed});
    if (outcome.broken) return shrink(run, {.seed = seed}, outcome, options);
  }
  ADD_FAILURE() << "no seed fails";
  return {};
}

BrokenPromise broken(std::string promise) { return {.promise = std::move(promise), .text = "oh"}; }

// Fails from 17 records on when the world draws its number at least once; below 5 records something
// else is wrong.
RunOutcome many_records(RunTape& tape, const RunSettings&) {
  RunOutcome outcome;
  outcome.size.members = 1 + tape.plan.draw(4);
  outcome.size.records = tape.plan.at_most(1000);
  bool is_struck = false;
  for (int i = 0; i < 50; ++i) is_struck |= tape.world.one_in(20);
  if (outcome.size.records >= 17 && is_struck) outcome.broken = broken("few records");
  if (outcome.size.records < 5) outcome.broken = broken("enough records");
  outcome.trace_hash = outcome.size.records * 100 + outcome.size.members;
  return outcome;
}

// Threads that count without a lock: one that is interrupted between reading and writing loses what
// the other counts.
RunOutcome lost_update(RunTape& tape, const RunSettings& settings) {
  const std::uint64_t threads = tape.plan.at_most(6);
  const std::uint64_t rounds = tape.plan.at_most(5 + tape.plan.draw(20));
  StickyRandomStrategy strategy(tape.schedule, 4);
  Scheduler scheduler(scheduler_options(settings), tape.world, strategy);
  const RunResult result = scheduler.run([&] {
    // Atomic for TSan, which would see the planted race first; no choice points of its own.
    auto count = std::make_shared<std::atomic<std::uint64_t>>(0);
    std::vector<Thread> all;
    for (std::uint64_t i = 0; i < threads; ++i) {
      all.emplace_back("counter", [count, rounds] {
        for (std::uint64_t round = 0; round < rounds; ++round) {
          const std::uint64_t before = *count;
          choice_point("between reading and writing");
          *count = before + 1;
        }
      });
    }
    for (Thread& thread : all) thread.join();
    if (*count != threads * rounds) Scheduler::current()->fail("every count counts", "one is lost");
  });
  RunOutcome outcome = outcome_of(result);
  outcome.size.members = threads;
  outcome.size.records = rounds;
  return outcome;
}

TEST(Shrink, ReachesTheSmallestPlanOfTheSamePromise) {
  const Shrunk shrunk = shrink_first(many_records);
  EXPECT_EQ(shrunk.outcome.broken->promise, "few records");
  EXPECT_EQ(shrunk.figures.to, (RunSize{.members = 1, .records = 17}));
  EXPECT_EQ(shrunk.figures.from.records, 1000U);
  EXPECT_TRUE(shrunk.figures.is_complete);
  ASSERT_TRUE(shrunk.source.world);
  ASSERT_EQ(shrunk.source.world->size(), 1U) << "one draw that strikes is enough";
  EXPECT_EQ((*shrunk.source.world)[0].end - (*shrunk.source.world)[0].first, 1U);
}

TEST(Shrink, LeavesTheOnePreemptionThatMatters) {
  const Shrunk shrunk = shrink_first(lost_update);
  EXPECT_EQ(shrunk.outcome.broken->promise, "every count counts");
  EXPECT_EQ(shrunk.figures.to, (RunSize{.members = 2, .records = 1, .preemptions = 1}));
  EXPECT_GT(shrunk.figures.from.preemptions, 5U);
}

TEST(Shrink, WhatIsLeftFailsAgainFromItsLineAlone) {
  for (const RunFunction& run : {RunFunction(many_records), RunFunction(lost_update)}) {
    const Shrunk shrunk = shrink_first(run);
    const std::string line = text(ReplayLine{shrunk.source, shrunk.outcome.trace_hash});
    EXPECT_LE(line.size(), 45U) << line;
    const auto parsed = parse_replay_line(line);
    ASSERT_TRUE(parsed) << parsed.error().text();
    const RunOutcome again = run_of(run, parsed->source);
    ASSERT_TRUE(again.broken);
    EXPECT_EQ(again.broken->promise, shrunk.outcome.broken->promise);
    EXPECT_EQ(again.trace_hash, shrunk.outcome.trace_hash);
    EXPECT_EQ(again.trace_hash, parsed->trace_hash);
    EXPECT_EQ(again.size, shrunk.figures.to);
  }
}

TEST(Shrink, IsTheSameTwice) {
  const Shrunk one = shrink_first(lost_update);
  const Shrunk two = shrink_first(lost_update);
  EXPECT_EQ(one.source, two.source);
  EXPECT_EQ(one.figures.runs, two.figures.runs);
}

TEST(Shrink, EndsWhenTimeIsUpWithWhatItHas) {
  int looks = 0;
  const auto clock = [&looks] { return TimePoint(std::chrono::seconds(++looks)); };
  const Shrunk shrunk =
      shrink_first(lost_update, {.wall_time_most = std::chrono::seconds(10), .clock = clock});
  EXPECT_FALSE(shrunk.figures.is_complete);
  EXPECT_EQ(shrunk.figures.runs, 10U);
  ASSERT_TRUE(shrunk.outcome.broken);
  EXPECT_EQ(run_of(lost_update, shrunk.source).trace_hash, shrunk.outcome.trace_hash);
  EXPECT_NE(failure_text(shrunk.outcome, shrunk.figures).find("; time was up"), std::string::npos);
}

TEST(Shrink, EndsAfterSoManyRuns) {
  std::uint64_t runs = 0;
  const RunFunction counted = [&](RunTape& tape, const RunSettings& settings) {
    ++runs;
    return lost_update(tape, settings);
  };
  const RunOutcome outcome = run_of(lost_update, {.seed = 1});
  ASSERT_TRUE(outcome.broken);
  const Shrunk shrunk = shrink(counted, {.seed = 1}, outcome, {.runs_most = 7});
  EXPECT_EQ(shrunk.figures.runs, 7U);
  EXPECT_EQ(runs, 8U) << "and once more for the text";
  EXPECT_FALSE(shrunk.figures.is_complete);
}

// A try that goes on and on is ended long before a whole run would be.
TEST(Shrink, TriesAreBounded) {
  const RunFunction endless = [](RunTape& tape, const RunSettings& settings) {
    RunOutcome outcome;
    const bool is_short = tape.plan.draw(100) >= 3;
    outcome.steps = is_short ? 1000 : settings.steps_most;
    outcome.broken = broken(is_short ? "short" : "livelock");
    return outcome;
  };
  std::uint64_t most = 0;
  const RunFunction watched = [&](RunTape& tape, const RunSettings& settings) {
    if (!settings.is_text_wanted) most = std::max(most, settings.steps_most);
    return endless(tape, settings);
  };
  const Shrunk shrunk = shrink_first(watched);
  EXPECT_EQ(shrunk.outcome.broken->promise, "short");
  EXPECT_EQ(shrunk.source.plan, (std::vector<std::uint64_t>{3}));
  EXPECT_LE(most, 100'000U);
}

TEST(Shrink, AProgramThatIsNotTheSameTwiceIsLeftAsItWas) {
  int runs = 0;
  const RunFunction moody = [&](RunTape& tape, const RunSettings&) {
    RunOutcome outcome;
    outcome.size.records = tape.plan.at_most(1000);
    if (++runs < 3) outcome.broken = broken("now and then");
    return outcome;
  };
  const Shrunk shrunk = shrink_first(moody);
  EXPECT_EQ(shrunk.source, (RunSource{.seed = 1}));
  EXPECT_EQ(shrunk.outcome.broken->promise, "now and then");
  EXPECT_EQ(shrunk.figures.to, shrunk.figures.from);
}

}  // namespace
}  // namespace rookery::sim
