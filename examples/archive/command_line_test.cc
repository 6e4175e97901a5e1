// command_line_test.cc
//
// Each word and option, and each way to mistype them.

#include "examples/archive/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace archive {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

auto parsed(std::vector<const char*> words) {
  words.insert(words.begin(), "archive");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

CommandLine line_of(std::vector<const char*> words) {
  const auto result = parsed(std::move(words));
  if (!result) {
    ADD_FAILURE() << result.error().message;
    return {};
  }
  return std::get<CommandLine>(*result);
}

std::string help_of(std::vector<const char*> words) {
  const auto result = parsed(std::move(words));
  return result && std::holds_alternative<Help>(*result) ? std::get<Help>(*result).text : "";
}

TEST(CommandLine, NothingRunsEverythingInProcess) {
  const CommandLine line = line_of({});
  EXPECT_EQ(line.word, Word::kRun);
  EXPECT_EQ(line.brokers, "");
  EXPECT_EQ(line.input, "");
  EXPECT_EQ(line.format, Format::kText);
}

TEST(CommandLine, OptionsOfRunNeedNoWord) {
  for (const auto& words : {std::vector<const char*>{"--input", "-", "--format", "json"},
                            std::vector<const char*>{"run", "--input=-", "--format=json"}}) {
    const CommandLine line = line_of(words);
    EXPECT_EQ(line.word, Word::kRun);
    EXPECT_EQ(line.input, "-");
    EXPECT_EQ(line.format, Format::kJson);
  }
}

TEST(CommandLine, KafkaIsNamedForEachWord) {
  for (const auto& [word, meant] : {std::pair{"run", Word::kRun},
                                    {"feed", Word::kFeed},
                                    {"server", Word::kServer},
                                    {"report", Word::kReport}}) {
    const CommandLine line = line_of({word, "--brokers", "a:1,b:2", "--topic-prefix", "x.", "--set",
                                      "session.timeout.ms=6000", "--set", "debug=a=b"});
    EXPECT_EQ(line.word, meant);
    EXPECT_EQ(line.brokers, "a:1,b:2");
    EXPECT_EQ(line.topic_prefix, "x.");
    EXPECT_THAT(line.kafka, ElementsAre(Pair("debug", "a=b"), Pair("session.timeout.ms", "6000")));
  }
}

TEST(CommandLine, RoutesNeedNoBrokers) {
  const CommandLine line = line_of({"routes", "--format", "json", "--topic-prefix", "x."});
  EXPECT_EQ(line.word, Word::kRoutes);
  EXPECT_EQ(line.format, Format::kJson);
  EXPECT_EQ(line.topic_prefix, "x.");
}

TEST(CommandLine, ReportCanWait) {
  EXPECT_EQ(line_of({"report", "--brokers", "a:1", "--wait", "90s"}).wait, 90s);
  EXPECT_EQ(line_of({"report", "--brokers", "a:1"}).wait, 0s);
}

TEST(CommandLine, DeadLettersMayBeThoseOfTheProcessItself) {
  const CommandLine line =
      line_of({"dlq", "list", "--class", "MissingField", "--input", "-", "--topic-prefix", "x."});
  EXPECT_EQ(line.word, Word::kDlq);
  EXPECT_EQ(line.dlq.error_class, "MissingField");
  EXPECT_EQ(line.input, "-");
  EXPECT_EQ(line.brokers, "");
  EXPECT_EQ(line_of({"dlq", "show", "a.dlq-1@2", "--brokers", "a:1"}).brokers, "a:1");
}

TEST(CommandLine, HelpIsOfTheWord) {
  EXPECT_THAT(help_of({"dlq", "--help"}), HasSubstr("redrive"));
  EXPECT_THAT(help_of({"--help"}), HasSubstr("report"));
  EXPECT_THAT(help_of({"report", "--help"}), HasSubstr("--wait"));
  EXPECT_THAT(help_of({"feed", "-h"}), HasSubstr("--input"));
}

class Mistyped : public testing::TestWithParam<std::pair<std::vector<const char*>, const char*>> {};

TEST_P(Mistyped, IsOneLineThatNamesIt) {
  const auto result = parsed(GetParam().first);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr(GetParam().second));
  EXPECT_THAT(result.error().message, Not(HasSubstr("\n")));
}

using Words = std::vector<const char*>;

INSTANTIATE_TEST_SUITE_P(
    All, Mistyped,
    testing::Values(std::pair{Words{"fead"}, "unknown command 'fead'"},
                    std::pair{Words{"--frobnicate"}, "--frobnicate"},
                    std::pair{Words{"feed", "--brokers", "a:1", "--frobnicate"}, "--frobnicate"},
                    std::pair{Words{"feed", "report"}, "report"},
                    std::pair{Words{"--format", "xml"}, "'xml' is neither text nor json"},
                    std::pair{Words{"--format"}, "--format"},
                    std::pair{Words{"--set", "debug"}, "NAME=VALUE"},
                    std::pair{Words{"--set", "=x"}, "NAME=VALUE"},
                    std::pair{Words{"report", "--brokers", "a:1", "--wait", "soon"}, "soon"},
                    std::pair{Words{"feed"}, "--brokers is missing"},
                    std::pair{Words{"server"}, "--brokers is missing"},
                    std::pair{Words{"report"}, "--brokers is missing"}));

}  // namespace
}  // namespace archive
