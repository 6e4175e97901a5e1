// canary_test.cc
//
// Each canary must be found, by the promise it breaks, made small, told in few lines, and replayed
// from its line: the whole chain from a fault to a report.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/processing/consumer.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <atomic>
#include <ostream>
#include <string>

#include "simulations/explorer/campaign.h"
#include "simulations/explorer/canaries.h"
#include "simulations/world/matchers.h"

namespace rookery::sim {

void PrintTo(const Canary& canary, std::ostream* out) { *out << canary.name; }

namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::Report;

// Small is small on a slow machine, too.
testing::SimulateOptions patient() {
  testing::SimulateOptions options;
  options.shrink_time_most = std::chrono::minutes(30);
  return options;
}

// The report of the campaign up to its first violation.
Report hunt(const Canary& canary, testing::SimulateOptions options = patient()) {
  options.seeds = options.replay.empty() ? 60 : 1;
  options.first_seed = canary.first_seed;
  options.threads = 1;
  options.violations_most = 1;
  return run_campaign({.program = "canary", .run = canary.run(), .options = options});
}

class Canaries : public ::testing::TestWithParam<Canary> {};

INSTANTIATE_TEST_SUITE_P(All, Canaries, ::testing::ValuesIn(all_canaries()),
                         [](const ::testing::TestParamInfo<Canary>& tested) {
                           std::string name = tested.param.name;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

TEST_P(Canaries, IsFoundToldAndReplayed) {
  const Report report = hunt(GetParam());
  ASSERT_EQ(report.violations.size(), 1U) << "not found";
  const testing::Violation& violation = report.violations[0];
  EXPECT_EQ(violation.promise, GetParam().promise) << violation.text;
  EXPECT_THAT(report, Not(testing::HasNoViolation()));
  const std::string story = violation.story();
  EXPECT_LE(std::count(story.begin(), story.end(), '\n'), 25) << story;
  EXPECT_THAT(story, HasSubstr(GetParam().promise));
  EXPECT_THAT(story, HasSubstr("\n  fails with    "));
  EXPECT_THAT(story, HasSubstr(violation.replay));
  ASSERT_TRUE(violation.shrunk);
  const testing::RunSize& size = violation.shrunk->to;
  const testing::RunSize& small = GetParam().small;
  EXPECT_TRUE(violation.shrunk->is_complete);
  EXPECT_LE(size.members, small.members) << story;
  EXPECT_LE(size.records, small.records) << story;
  EXPECT_LE(size.faults, small.faults) << story;
  EXPECT_LE(size.preemptions, small.preemptions) << story;
  EXPECT_LE(violation.replay.size(), 100U) << "what is small has a short line";

  const Report again = hunt(GetParam(), {.replay = violation.replay});
  ASSERT_EQ(again.violations.size(), 1U);
  EXPECT_EQ(again.violations[0].promise, GetParam().promise);
  EXPECT_EQ(again.violations[0].replay, violation.replay);
  EXPECT_THAT(again.violations[0].text, HasSubstr("the same trace"));
}

TEST(Canary, WithoutShrinkingTheSeedItselfIsTold) {
  const Report report =
      hunt(canary("passes a record over"), {.shrink_time_most = Duration::zero()});
  ASSERT_EQ(report.violations.size(), 1U);
  const testing::Violation& violation = report.violations[0];
  EXPECT_FALSE(violation.shrunk);
  EXPECT_THAT(violation.replay, ::testing::StartsWith("r1:"));
  EXPECT_THAT(violation.text, HasSubstr(" 300 records, 0 faults, "));
  const Report again = hunt(canary("passes a record over"), {.replay = violation.replay});
  ASSERT_EQ(again.violations.size(), 1U);
  EXPECT_THAT(again.violations[0].text, HasSubstr("the same trace"));
}

// Nor is anything made smaller: the runs are the seeds, and one in twenty once more.
TEST(Canary, TheSaboteurAtRestBreaksNothing) {
  const Canary healthy = healthy_canary();
  std::uint64_t runs = 0;
  const RunFunction counted = [&, run = healthy.run()](RunTape& tape, const RunSettings& settings) {
    ++runs;
    return run(tape, settings);
  };
  const Report report = run_campaign({.run = counted, .options = {.seeds = 20, .threads = 1}});
  EXPECT_THAT(report, testing::HasNoViolation());
  EXPECT_EQ(runs, 20U + 20U / kCheckedTwiceOneIn);
}

TEST(Canary, AProgramThatIsNotAFunctionOfItsSeed) {
  static std::atomic<int> calls = 0;
  class Counts : public Consumer {
    void consume(const Record&) override {
      if (++calls % 1000 == 0) sleep_until(deadline_in(std::chrono::milliseconds(5)));
    }
  };
  Canary counts = healthy_canary();
  counts.plan = canary_plan({});
  counts.app = [] {
    App app({.client_id = "canary"});
    app.group("canary").topic("orders.v1", {.consumer = consumer<Counts>()});
    return app;
  };
  const Report report = hunt(counts);
  ASSERT_EQ(report.violations.size(), 1U);
  EXPECT_EQ(report.violations[0].promise, "not deterministic");
  EXPECT_FALSE(report.violations[0].shrunk);
}

// Several failures of one promise are one piece of news.
TEST(Canary, APromiseIsToldInFullOnce) {
  const Report report =
      run_campaign({.run = canary("forges a record").run(),
                    .options = {.seeds = 60, .threads = 2, .violations_most = 3}});
  ASSERT_EQ(report.violations.size(), 3U);
  EXPECT_TRUE(report.violations[0].shrunk);
  EXPECT_FALSE(report.violations[1].shrunk);
  EXPECT_FALSE(report.violations[2].shrunk);
  EXPECT_THAT(report.violations[2].text, HasSubstr("not made smaller, as seed"));
  EXPECT_THAT(report.violations[2].replay, ::testing::StartsWith("r1:"));
}

}  // namespace
}  // namespace rookery::sim
