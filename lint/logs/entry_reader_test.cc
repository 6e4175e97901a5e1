// entry_reader_test.cc
//
// Which lines begin entries, which continue them, and what is read out of each format.

#include "lint/logs/entry_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "lint/logs/formats.h"

namespace rookery::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<LogEntry> entries(const std::string& text) {
  std::istringstream stream(text);
  EntryReader reader("a.log", stream);
  std::vector<LogEntry> result;
  while (auto entry = reader.next()) {
    EXPECT_EQ(entry->file, "a.log");
    result.push_back(*std::move(entry));
  }
  return result;
}

// "LINE text" of each warning and error, the trace's lines parted by '|'.
std::vector<std::string> loud(const std::string& text) {
  std::vector<std::string> result;
  for (const LogEntry& entry : entries(text)) {
    if (entry.level == Level::kQuiet) continue;
    std::string one = std::to_string(entry.line) + " " + entry.text();
    std::replace(one.begin(), one.end(), '\n', '|');
    result.push_back(one);
  }
  return result;
}

TEST(Log4jLines, AreReadAsKafkaWritesThem) {
  EXPECT_THAT(loud("[2026-11-24 05:07:14,123] INFO started (kafka.server.KafkaServer)\n"
                   "[2026-11-24 05:07:14,124] WARN [Broker id=1] slow (a-b) (state.change.logger)\n"
                   "[2026-11-24 05:07:14,125] ERROR no logger\n"
                   "[2026-11-24 05:07:14,126] FATAL end (kafka.Kafka$)\r\n"),
              ElementsAre("2 WARN [Broker id=1] slow (a-b) (state.change.logger)",
                          "3 ERROR no logger", "4 FATAL end (kafka.Kafka$)"));
  const auto all = entries("[2026-11-24 05:07:14,124] WARN slow (a-b) (state.change.logger)");
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].message, "slow (a-b)");
  EXPECT_EQ(all[0].logger, "state.change.logger");
}

TEST(Log4jLines, MayHaveOtherDatesAndThreads) {
  EXPECT_THAT(loud("2026-11-24T05:07:14.123Z WARN a\n2026-11-24 05:07:14,123 [main] ERROR b\n"
                   "2026-11-24T05:07:14.123+02:00 main ERROR c\n[2026-11-24 05:07:14] WARN  d\n"),
              ElementsAre("1 WARN a", "2 ERROR b", "3 ERROR c", "4 WARN d"));
}

TEST(Log4jLines, WithoutALevelAtItsPlaceAreNone) {
  EXPECT_THAT(entries("[2026-11-24 05:07:14,123] a WARN b\nWARN a\n[Broker 1] ERROR a\n"),
              IsEmpty());
  EXPECT_THAT(loud("[2026-11-24 05:07:14,123] INFO an ERROR that was WARN (a.B)\n"), IsEmpty());
}

TEST(Traces, BelongToTheEntryAboveThem) {
  EXPECT_THAT(loud("[2026-11-24 05:07:14,123] ERROR failed (a.B)\n"
                   "java.lang.OutOfMemoryError: Java heap space\n"
                   "\tat a.B.c(B.java:12)\n\nCaused by: d.E: f\n"
                   "[2026-11-24 05:07:14,124] INFO fine (a.B)\n\tno = trace\n"
                   "[2026-11-24 05:07:14,125] WARN slow (a.B)\n"),
              ElementsAre("1 ERROR failed (a.B)|java.lang.OutOfMemoryError: Java heap space|"
                          "\tat a.B.c(B.java:12)|Caused by: d.E: f",
                          "8 WARN slow (a.B)"));
}

TEST(Traces, AMessageOfSeveralLinesHasItsLoggerAtItsEnd) {
  const auto all = entries(
      "[2026-11-24 05:07:14,123] WARN values:\n\ta = 1\n (a.B)\n"
      "[2026-11-24 05:07:14,123] INFO values:\n\ta = 1\n (a.B)\n");
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].logger, "a.B");
  EXPECT_THAT(all[0].trace, ElementsAre("\ta = 1"));
}

TEST(Traces, OfAnyLengthKeepTheirCauses) {
  std::string text = "[2026-11-24 05:07:14,123] ERROR failed (a.B)\n";
  for (int i = 0; i < 1'000; ++i) text += "\tat a.B.c(B.java:12)\n";
  text += "Caused by: d.E: the reason\n";
  const auto all = entries(text);
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].trace_lines, 1'001U);
  EXPECT_THAT(all[0].trace, SizeIs(kTraceLinesMax));
  EXPECT_THAT(all[0].causes, ElementsAre("Caused by: d.E: the reason"));
}

TEST(HalfLines, AtTheBeginningOfALogAreSeen) {
  EXPECT_THAT(loud("05:07:14,123] ERROR cut (a.B)\n[2026-11-24 05:07:14,124] INFO c (a.B)\n"),
              ElementsAre("1 ERROR cut (a.B)"));
  EXPECT_THAT(loud("of a trace\n[2026-11-24 05:07:14,124] INFO c (a.B)\n"), IsEmpty());
}

TEST(HalfLines, AreTornFromWhatFollowsThem) {
  EXPECT_THAT(loud("[2026-11-24 05:07:14,123] WARN slo[2026-11-24 05:07:20,001] INFO c (a.B)\n"),
              ElementsAre("1 WARN slo"));
  EXPECT_THAT(loud("[2026-11-24 05:07:1[2026-11-24 05:07:20,001] ERROR c (a.B)"),
              ElementsAre("1 ERROR c (a.B)"));
  EXPECT_THAT(loud("[2026-11-24 05:07:14,123] WARN"), ElementsAre("1 WARN "));
}

TEST(JsonLines, AreReadInAllTheNamesTheyHave) {
  EXPECT_THAT(
      loud(
          R"({"level":"WARN","loggerName":"a.B","message":"log4j"})"
          "\n"
          R"({"@timestamp":"x","log.level":"ERROR","log.logger":"a.B","message":"ECS"})"
          "\n"
          R"({"log":{"level":"error","logger":"a.B"},"message":"ECS, nested"})"
          "\n"
          R"({"level":"FATAL","logger_name":"a.B","message":"logstash","stack_trace":"d.E: f\n\tat g"})"
          "\n"
          R"({"level":"INFO","logger":"a.B","message":"fine"})"
          "\n"),
      ElementsAre("1 WARN log4j (a.B)", "2 ERROR ECS (a.B)", "3 ERROR ECS, nested (a.B)",
                  "4 FATAL logstash (a.B)|d.E: f|\tat g"));
}

TEST(JsonLines, OfDockerHoldALineOfAnotherFormat) {
  EXPECT_THAT(loud(R"({"log":"[2026-11-24 05:07:14,123] ERROR failed (a.B)\n","stream":"stdout"})"
                   "\n"
                   R"({"log":"java.io.IOException: gone\n","stream":"stdout"})"
                   "\n"),
              ElementsAre("1 ERROR failed (a.B)|java.io.IOException: gone"));
}

TEST(JsonLines, ThatAreHalfTellTheirLevel) {
  EXPECT_THAT(loud(R"({"time":1,"level":"ERROR","message":"disk is f)"),
              ElementsAre(R"(1 ERROR {"time":1,"level":"ERROR","message":"disk is f)"));
  EXPECT_THAT(entries(R"({"time":1,"lev)"), IsEmpty());
}

TEST(JsonLines, ThatAreNoLogContinueWhatWasSaid) {
  EXPECT_THAT(loud("[2026-11-24 05:07:14,123] WARN config (a.B)\n{\"a\": 1}\n{\"message\": [1]}\n"),
              ElementsAre("1 WARN config (a.B)|{\"a\": 1}|{\"message\": [1]}"));
}

TEST(JavasOwnLines, AreEntriesWhereverTheyStand) {
  const std::string before = "[2026-11-24 05:07:14,123] INFO fine (a.B)\n";
  for (const std::string line :
       {"Exception in thread \"main\" java.lang.Error: a", "java.lang.OutOfMemoryError: heap",
        "Terminating due to java.lang.OutOfMemoryError: heap",
        "# A fatal error has been detected by the Java Runtime Environment:",
        "OpenJDK 64-Bit Server VM warning: no space", "SLF4J(W): No SLF4J providers were found.",
        "log4j:WARN No appenders could be found", "ERROR StatusLogger Unable to read it"}) {
    EXPECT_THAT(loud(before + line), SizeIs(1)) << line;
  }
  EXPECT_THAT(loud(before + "Exceptions are told elsewhere\n  java.lang.OutOfMemoryError\n"),
              IsEmpty());
  EXPECT_THAT(loud(before + "SLF4J: Failed to load\nSLF4J: Defaulting\n"),
              ElementsAre("2 WARN SLF4J: Failed to load (SLF4J)|SLF4J: Defaulting"));
}

TEST(Loggers, StandInBracketsAtTheEnd) {
  std::string logger;
  for (std::string text : {"a (b c)", "a(b)", "a ()", "a (b.c:12)", ")", "a"}) {
    EXPECT_FALSE(take_logger(text, logger)) << text;
  }
  std::string text = "(a.B)";
  EXPECT_TRUE(take_logger(text, logger));
  EXPECT_EQ(text, "");
  EXPECT_EQ(logger, "a.B");
}

}  // namespace
}  // namespace rookery::lint
