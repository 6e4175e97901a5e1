// linter_test.cc
//
// Each rule fires where it should and is silent where it should; what is alike is told once.

#include "lint/logs/linter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <sstream>

#include "lint/logs/line_reader.h"

namespace rookery::lint {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::chrono::year_month_day kToday = 2026y / 11 / 24;

class LogLinterTest : public ::testing::Test {
 protected:
  void allow(const std::string& text) {
    std::vector<std::string> mistakes;
    AllowList list;
    list.read("allow.yaml", text, mistakes);
    EXPECT_THAT(mistakes, IsEmpty());
    linter_ = LogLinter(std::move(list), kToday);
  }
  void read(const std::string& file, const std::string& text) {
    std::istringstream stream(text);
    (void)linter_.read(file, stream);
  }
  // "PLACE RULE MESSAGE" of each.
  std::vector<std::string> findings() const {
    std::vector<std::string> result;
    for (const Finding& finding : linter_.findings(true)) {
      result.push_back(place_of(finding) + " " + finding.rule + " " + finding.message);
    }
    return result;
  }

  LogLinter linter_{AllowList(), kToday};
};

std::string line(const std::string& text, int second = 14) {
  return "[2026-11-24 05:07:" + std::to_string(second) + ",123] " + text + "\n";
}

TEST_F(LogLinterTest, EachLevelHasItsRule) {
  read("a.log",
       line("INFO a (x.Y)") + line("WARN b (x.Y)") + line("ERROR c (x.Y)") + line("FATAL d (x.Y)"));
  EXPECT_THAT(findings(), ElementsAre("a.log:2 log-warn b (x.Y)", "a.log:3 log-error c (x.Y)",
                                      "a.log:4 log-fatal d (x.Y)"));
  EXPECT_EQ(linter_.findings(true)[0].severity, Severity::kWarning);
  EXPECT_EQ(linter_.findings(true)[1].severity, Severity::kError);
  EXPECT_EQ(linter_.findings(true)[2].severity, Severity::kError);
  EXPECT_EQ(linter_.findings(true)[0].name, "x.Y");
}

TEST_F(LogLinterTest, IsSilentOnWhatIsQuietAndOnWhatIsExplained) {
  allow("- {pattern: 'WARN b', reason: known, until: 2027-01-31}\n");
  read("a.log", line("INFO ERROR FATAL (x.Y)") + line("DEBUG a") + line("WARN b (x.Y)"));
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(LogLinterTest, WhatIsAlikeIsToldOnceWithFirstAndLast) {
  read("n1.log", line("WARN Node 1 is gone (x.Y)") + line("WARN other (x.Y)") +
                     line("WARN Node 2 is gone (x.Y)"));
  read("n2.log", line("INFO fine") + line("WARN Node 3 is gone (x.Y)"));
  EXPECT_THAT(findings(), ElementsAre("n1.log:1 log-warn 3 times in 2 files, last at n2.log:2: "
                                      "Node 1 is gone (x.Y)",
                                      "n1.log:2 log-warn other (x.Y)"));
}

TEST_F(LogLinterTest, WhatDiffersInLevelLoggerOrExceptionIsNotAlike) {
  read("a.log", line("WARN a (x.Y)") + line("ERROR a (x.Y)") + line("WARN a (x.Z)") +
                    line("WARN a (x.Y)") + "b.C: d\n" + line("WARN a (x.Y)") + "b.D: d\n");
  EXPECT_THAT(findings(), SizeIs(5));
}

TEST_F(LogLinterTest, ATraceIsFoldedIntoASentence) {
  read("a.log", line("ERROR failed (x.Y)") +
                    "java.util.concurrent.CompletionException: a\n\tat b.C.d(C.java:1)\n"
                    "Caused by: org.apache.kafka.common.errors.NotControllerException: b\n"
                    "\t... 3 more\n");
  EXPECT_THAT(findings(), ElementsAre("a.log:1 log-error failed (x.Y); "
                                      "java.util.concurrent.CompletionException: a; caused by "
                                      "org.apache.kafka.common.errors.NotControllerException: b; "
                                      "4 lines below it"));
}

TEST_F(LogLinterTest, WhatIsLongIsCutAndSaysSo) {
  read("a.log", line("ERROR " + std::string(1'000, 'a') + " (x.Y)"));
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("aaa... (700 bytes more) (x.Y)")));
  // Between characters.
  LogLinterTest::linter_ = LogLinter(AllowList(), kToday);
  std::string wide = "b";
  for (int i = 0; i < 200; ++i) wide += "ö";
  read("a.log", line("ERROR " + wide));
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("ö... (102 bytes more)")));
  EXPECT_EQ(valid_utf8(findings()[0]), findings()[0]);
}

TEST_F(LogLinterTest, AListIsJudgedWithTheLogs) {
  allow(
      "- {pattern: gone, reason: known, until: 2026-11-23}\n"
      "- {pattern: never, reason: known, until: 2027-01-31}\n");
  read("a.log", line("WARN Node 1 is gone (x.Y)"));
  EXPECT_THAT(findings(), ElementsAre("a.log:1 log-warn Node 1 is gone (x.Y)",
                                      HasSubstr("allow.yaml:1 allow-expired "),
                                      HasSubstr("allow.yaml:2 allow-unused ")));
  EXPECT_THAT(linter_.findings(/*is_complete=*/false), SizeIs(2));
}

TEST_F(LogLinterTest, RulesAreAllListed) {
  std::vector<std::string> ids;
  for (const Rule& rule : log_rules()) ids.push_back(rule.id);
  EXPECT_THAT(ids,
              ElementsAre("log-fatal", "log-error", "log-warn", "allow-expired", "allow-unused"));
}

// Pieces that mean something, and bytes that do not.
rc::Gen<std::string> any_piece() {
  return rc::gen::oneOf(
      rc::gen::element<std::string>("[2026-11-24 05:07:14,123] ", "WARN ", "ERROR ", "INFO ", "\n",
                                    "\r\n", " (a.B)", "{\"level\":\"WARN\",", "\"message\":\"a\"}",
                                    "{\"log\":\"", "\\n\"}", "\tat a",
                                    "Caused by: ", "SLF4J: ", "java.lang.OutOfMemoryError: "),
      rc::gen::arbitrary<std::string>());
}

RC_GTEST_PROP(LogLinterProperty, AnyBytesAreBorneAndEveryLoudLineIsTold, ()) {
  std::string text;
  for (const std::string& piece : *rc::gen::container<std::vector<std::string>>(any_piece())) {
    text += piece;
  }
  text += "\n[2026-11-24 05:07:14,123] ERROR planted (p.Q)\n";
  LogLinter linter(AllowList(), kToday);
  std::istringstream stream(text);
  (void)linter.read("a.log", stream);
  std::size_t planted = 0;
  for (const Finding& finding : linter.findings(true)) {
    RC_ASSERT(finding.line >= 1);
    RC_ASSERT(valid_utf8(finding.message) == finding.message);
    RC_ASSERT(finding.message.find('\n') == std::string::npos);
    if (finding.message == "planted (p.Q)") ++planted;
  }
  RC_ASSERT(planted == 1U);
}

}  // namespace
}  // namespace rookery::lint
