// allow_list_test.cc
//
// What an allow-list explains, until when, and what is said of its mistakes.

#include "lint/logs/allow_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery::lint {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::chrono::year_month_day kToday = 2026y / 11 / 24;

AllowList list(const std::string& text) {
  std::vector<std::string> mistakes;
  AllowList allow_list;
  allow_list.read("allow.yaml", text, mistakes);
  EXPECT_THAT(mistakes, IsEmpty());
  return allow_list;
}

std::vector<std::string> mistakes_of(const std::string& text) {
  std::vector<std::string> mistakes;
  AllowList().read("allow.yaml", text, mistakes);
  return mistakes;
}

std::string entry(const std::string& pattern, const std::string& until = "2026-11-24",
                  const std::string& more = "") {
  return "- {pattern: '" + pattern + "', reason: known, until: " + until + more + "}\n";
}

TEST(AllowList, ExplainsWhatAPatternIsFoundIn) {
  AllowList allow_list = list(entry("Node \\d+ is gone") + entry("^ERROR .*\\n.*IOException"));
  EXPECT_TRUE(allow_list.explains("WARN Node 12 is gone (a.B)", kToday));
  EXPECT_FALSE(allow_list.explains("WARN Node x is gone (a.B)", kToday));
  EXPECT_TRUE(allow_list.explains("ERROR failed (a.B)\njava.io.IOException: disk", kToday));
  EXPECT_FALSE(allow_list.explains("WARN failed (a.B)\njava.io.IOException: disk", kToday));
  EXPECT_THAT(allow_list.findings(kToday, true), IsEmpty());
}

TEST(AllowList, EndsAfterItsLastDay) {
  AllowList allow_list =
      list(entry("gone") + entry("late", "2026-11-23") + entry("x", "2026-01-01"));
  EXPECT_TRUE(allow_list.explains("WARN gone", kToday));
  EXPECT_FALSE(allow_list.explains("WARN late", kToday));
  const Findings findings = allow_list.findings(kToday, true);
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].file, "allow.yaml");
  EXPECT_EQ(findings[0].line, 2);
  EXPECT_EQ(findings[0].rule, "allow-expired");
  EXPECT_EQ(findings[0].severity, Severity::kWarning);
  EXPECT_EQ(findings[0].name, "late");
  EXPECT_THAT(findings[0].message, HasSubstr("until 2026-11-23; it would still explain one entry"));
  EXPECT_THAT(findings[1].message, HasSubstr("until 2026-01-01: take it out"));
}

TEST(AllowList, TellsWhatIsUnusedUnlessThatMayBe) {
  AllowList allow_list = list(entry("gone") + entry("late", "2027-01-31", ", sometimes: yes"));
  const Findings findings = allow_list.findings(kToday, true);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "allow-unused");
  EXPECT_EQ(findings[0].severity, Severity::kNote);
  EXPECT_EQ(findings[0].line, 1);
  EXPECT_THAT(allow_list.findings(kToday, false), IsEmpty());
}

TEST(AllowList, AllThatMatchAreUsed) {
  AllowList allow_list = list(entry("gone") + entry("is gone"));
  EXPECT_TRUE(allow_list.explains("WARN Node 12 is gone", kToday));
  EXPECT_THAT(allow_list.findings(kToday, true), IsEmpty());
}

TEST(AllowList, EachMistakeIsToldWithItsLine) {
  EXPECT_THAT(mistakes_of(entry("a(") + entry("a", "soon") + entry("x*") +
                          entry("d", "2027-01-31", ", sometimes: no")),
              ElementsAre("allow.yaml:1: the pattern 'a(' is no RE2: missing ): a(",
                          "allow.yaml:2: until 'soon': a day is 2027-01-31",
                          "allow.yaml:3: the pattern 'x*' is in every text, and would hide all",
                          "allow.yaml:4: 'sometimes' is yes, or is left out"));
  EXPECT_THAT(mistakes_of("- {pattern: b, reason: c}\n"),
              ElementsAre("allow.yaml:1: an entry needs the key 'until'"));
}

}  // namespace
}  // namespace rookery::lint
