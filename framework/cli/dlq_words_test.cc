// dlq_words_test.cc
//
// What is typed after dlq, and what is refused in one line.
#include <rookery/cli/dlq.h>

#include <CLI/CLI.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Empty: accepted.
std::string parse(std::vector<std::string> words, DlqOptions& options) {
  CLI::App line;
  add_dlq_words(*line.add_subcommand("dlq"), options);
  words.insert(words.begin(), "dlq");
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    line.parse(words);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return "";
}

TEST(DlqWords, ListTakesFilters) {
  DlqOptions options;
  ASSERT_EQ(
      parse({"list", "--topic", "a.dlq", "--topic", "b.dlq", "--class", "Bad", "--since",
             "2026-11-24", "--until", "2026-11-25T00:00Z", "--limit", "7", "--format", "json"},
            options),
      "");
  EXPECT_EQ(options.action, DlqOptions::Action::kList);
  EXPECT_THAT(options.topics, ElementsAre("a.dlq", "b.dlq"));
  EXPECT_EQ(options.error_class, "Bad");
  EXPECT_EQ(*options.until - *options.since, 24h);
  EXPECT_EQ(options.limit, 7U);
  EXPECT_TRUE(options.is_json);
}

TEST(DlqWords, ShowTakesAPlace) {
  DlqOptions options;
  ASSERT_EQ(parse({"show", "orders-v1.dlq-3@17"}, options), "");
  EXPECT_EQ(options.action, DlqOptions::Action::kShow);
  EXPECT_EQ(options.place, (TopicPartitionOffset{{"orders-v1.dlq", 3}, 17}));
  for (const char* wrong : {"orders", "orders@17", "-3@17", "orders-@17", "orders-3@", "orders-x@1",
                            "orders-3@1x", "orders-3@-1", "orders-99999999999@1"}) {
    EXPECT_THAT(parse({"show", wrong}, options), HasSubstr("is no TOPIC-PARTITION@OFFSET"))
        << wrong;
  }
}

TEST(DlqWords, RedriveTakesItsSwitches) {
  DlqOptions options;
  ASSERT_EQ(parse({"redrive", "--dry-run"}, options), "");
  EXPECT_EQ(options.action, DlqOptions::Action::kRedrive);
  EXPECT_TRUE(options.is_dry_run);
  EXPECT_FALSE(options.is_confirmed);
  ASSERT_EQ(parse({"redrive", "--yes"}, options), "");
  EXPECT_TRUE(options.is_confirmed);
}

TEST(DlqWords, WhatIsWrongIsOneLine) {
  for (const auto& [words, what] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"frobnicate"}, "dlq: unknown word 'frobnicate': it has list, show, redrive"},
           {{"lst"}, "dlq: unknown word 'lst': did you mean list?"},
           {{"show"}, "place"},
           {{"list", "--since", "yesterday"}, "--since: 'yesterday' is neither"},
           {{"list", "--limit", "0"}, "--limit: '0' is no number above 0"},
           {{"list", "--limit", "many"}, "'many'"},
           {{"list", "--format", "xml"}, "'xml' is neither text nor json"},
           {{"list", "--yes"}, "--yes"}}) {
    DlqOptions options;
    EXPECT_THAT(parse(words, options), AllOf(HasSubstr(what), Not(HasSubstr("\n"))));
  }
}

}  // namespace
}  // namespace rookery
