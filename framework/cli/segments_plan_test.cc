// segments_plan_test.cc
//
// What each word of the segments command would write, what it refuses, and the words themselves.
#include <rookery/cli/segments.h>
#include <rookery/cli/segments_plan.h>
#include <rookery/cli/segments_text.h>

#include <CLI/CLI.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace rookery {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const TopicPartition kZero{"orders", 0};
const TopicPartition kOne{"orders", 1};

SegmentedGroup billing(std::vector<GroupOffset> origin, std::vector<GroupOffset> first,
                       std::vector<GroupOffset> second) {
  return {.origin = {"billing", std::move(origin)},
          .segments = {{"billing-parallel-0", std::move(first)},
                       {"billing-parallel-1", std::move(second)}}};
}

std::vector<std::string> texts(const std::vector<OffsetChange>& changes) {
  std::vector<std::string> all;
  for (const OffsetChange& change : changes) {
    all.push_back(change.group + " " + change.partition.text() + " " +
                  std::to_string(change.from.value_or(-1)) + ">" + std::to_string(change.to) +
                  change.metadata);
  }
  return all;
}

TEST(SegmentsPlan, DistributionGivesEachSegmentAll) {
  const auto plan = plan_distribution(billing({{kZero, 7, "m"}, {kOne, 0}}, {}, {}), false);
  ASSERT_TRUE(plan);
  EXPECT_THAT(texts(plan->to_segments),
              ElementsAre("billing-parallel-0 orders-0 -1>7m", "billing-parallel-0 orders-1 -1>0",
                          "billing-parallel-1 orders-0 -1>7m", "billing-parallel-1 orders-1 -1>0"));
  EXPECT_THAT(plan->to_origin, IsEmpty());
  EXPECT_THAT(plan_distribution(billing({}, {}, {}), false)->to_segments, IsEmpty());
}

TEST(SegmentsPlan, DistributionOverwritesOnlyWhenForced) {
  const SegmentedGroup group = billing({{kZero, 7}}, {}, {{kZero, 3}, {kOne, 4}});
  const auto refused = plan_distribution(group, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kState);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("'billing-parallel-1'"), HasSubstr("orders-0@3"),
                    HasSubstr("--force"), Not(HasSubstr("\n"))));
  EXPECT_THAT(texts(plan_distribution(group, true)->to_segments),
              ElementsAre("billing-parallel-0 orders-0 -1>7", "billing-parallel-1 orders-0 3>7"));
}

TEST(SegmentsPlan, CollapseWritesWhatAllAgreeOn) {
  const auto plan = plan_collapse(
      billing({{kZero, 2, "old"}}, {{kZero, 7, "x"}, {kOne, 4}}, {{kZero, 7, "y"}, {kOne, 4}}),
      false);
  ASSERT_TRUE(plan);
  EXPECT_THAT(texts(plan->to_origin), ElementsAre("billing orders-0 2>7", "billing orders-1 -1>4"));
  EXPECT_THAT(plan->to_segments, IsEmpty());
}

TEST(SegmentsPlan, CollapseTakesTheLowestWhenForced) {
  const SegmentedGroup group = billing({{kZero, 2}}, {{kZero, 9}, {kOne, 4}}, {{kZero, 7}});
  const auto refused = plan_collapse(group, false);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("2 partitions (orders-0: from 7 to 9)"),
                                             HasSubstr("--force"), Not(HasSubstr("\n"))));
  const auto plan = plan_collapse(group, true);
  ASSERT_TRUE(plan);
  EXPECT_THAT(texts(plan->to_origin), ElementsAre("billing orders-0 2>7"));
  EXPECT_THAT(plan->left_alone, ElementsAre(kOne)) << "what segment 1 did there is not known";
  const auto missing = plan_collapse(billing({}, {}, {{kOne, 4}}), false);
  EXPECT_THAT(missing.error().message, HasSubstr("billing-parallel-0 has no offset"));
}

TEST(SegmentsPlan, ResetBringsAllToTheLowest) {
  const auto plan =
      plan_reset(billing({{kZero, 2}}, {{kZero, 9, "x"}, {kOne, 4}}, {{kZero, 7, "y"}}), true);
  ASSERT_TRUE(plan);
  EXPECT_THAT(texts(plan->to_origin), ElementsAre("billing orders-0 2>7"));
  EXPECT_THAT(texts(plan->to_segments),
              ElementsAre("billing-parallel-0 orders-0 9>7", "billing-parallel-1 orders-0 7>7"));
  EXPECT_FALSE(plan_reset(billing({}, {{kZero, 9}}, {{kZero, 7}}), false));
  const auto done = plan_reset(billing({{kZero, 7}}, {{kZero, 7}}, {{kZero, 7}}), false);
  EXPECT_THAT(done->to_origin, IsEmpty());
  EXPECT_THAT(done->to_segments, IsEmpty());
}

TEST(SegmentsText, SaysWhatIsWritten) {
  SegmentsReport report{.action = "collapse", .is_dry = true};
  report.groups.push_back(
      *plan_collapse(billing({{kZero, 2}}, {{kZero, 9}, {kOne, 4}}, {{kZero, 7}}), true));
  EXPECT_EQ(segments_text(report),
            "group billing, 2 segments: would write 1 offset\n"
            "  billing orders-0: 2 -> 7\n"
            "  orders-1: left alone, for a segment has no offset\n");
  EXPECT_EQ(nlohmann::json::parse(segments_json(report)), nlohmann::json::parse(R"({
      "action": "collapse", "dry_run": true, "groups": [{"name": "billing",
      "segments": ["billing-parallel-0", "billing-parallel-1"],
      "offsets": [{"group": "billing", "topic": "orders", "partition": 0, "from": 2, "to": 7}],
      "left_alone": [{"topic": "orders", "partition": 1}]}]})"));
  report.groups = {*plan_distribution(billing({}, {}, {}), false)};
  EXPECT_EQ(segments_text(report), "group billing, 2 segments: nothing to write\n");
}

// Empty: accepted.
std::string parse(std::vector<std::string> words, SegmentsOptions& options) {
  CLI::App line;
  add_segments_words(*line.add_subcommand("segments"), options);
  words.insert(words.begin(), "segments");
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    line.parse(words);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return "";
}

TEST(SegmentsWords, EachTakesItsSwitches) {
  using Action = SegmentsOptions::Action;
  for (const auto& [word, action] :
       std::vector<std::pair<std::string, Action>>{{"distribute", Action::kDistribute},
                                                   {"collapse", Action::kCollapse},
                                                   {"reset", Action::kReset}}) {
    SegmentsOptions options;
    ASSERT_EQ(parse({word, "--groups", "a,b", "--force", "--dry-run", "--yes", "--format", "json"},
                    options),
              "");
    EXPECT_EQ(options.action, action);
    EXPECT_THAT(options.groups, ElementsAre("a", "b"));
    EXPECT_TRUE(options.is_forced && options.is_dry_run && options.is_confirmed && options.is_json);
    SegmentsOptions plain;
    ASSERT_EQ(parse({word}, plain), "");
    EXPECT_FALSE(plain.is_forced || plain.is_dry_run || plain.is_confirmed || plain.is_json);
  }
}

TEST(SegmentsWords, WhatIsWrongIsOneLine) {
  for (const auto& [words, what] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"frobnicate"}, "segments: unknown word 'frobnicate'"},
           {{"reset", "--format", "xml"}, "'xml' is neither text nor json"},
           {{"collapse", "--sure"}, "--sure"}}) {
    SegmentsOptions options;
    EXPECT_THAT(parse(words, options), AllOf(HasSubstr(what), Not(HasSubstr("\n"))));
  }
}

}  // namespace
}  // namespace rookery
