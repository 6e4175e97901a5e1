// text_test.cc
//
// Dates, numbers, stars.

#include "lint/text.h"

#include <gtest/gtest.h>

namespace rookery::lint {
namespace {

using namespace std::chrono_literals;

TEST(Text, DatesAreDaysOfTheCalendar) {
  EXPECT_EQ(date_of("2027-01-31"), 2027y / 1 / 31);
  EXPECT_EQ(text_of(2027y / 1 / 31), "2027-01-31");
  for (const char* wrong : {"", "2027-1-31", "2027-02-30", "2027-13-01", "2027-00-01", "31-01-2027",
                            "2027/01/31", "2027-01-31T", "2027--1-01", "soon"}) {
    EXPECT_EQ(date_of(wrong), std::nullopt) << wrong;
  }
}

TEST(Text, NumbersFitInto64Bits) {
  EXPECT_EQ(number_of("-1"), -1);
  EXPECT_EQ(number_of("9223372036854775807"), INT64_MAX);
  for (const char* wrong : {"", "9223372036854775808", "1s", " 1", "1.5", "0x1"}) {
    EXPECT_EQ(number_of(wrong), std::nullopt) << wrong;
  }
}

TEST(Text, AStarStandsForAnyCharacters) {
  EXPECT_TRUE(is_like("legacy_a", "legacy_*"));
  EXPECT_TRUE(is_like("a/test/b.yaml", "*/test/*"));
  EXPECT_TRUE(is_like("", "*"));
  EXPECT_TRUE(is_like("aXbXc", "a*b*c"));
  EXPECT_FALSE(is_like("legacy", "legacy_*"));
  EXPECT_FALSE(is_like("ab", "a"));
  EXPECT_FALSE(is_like("a", "ab*"));
  EXPECT_FALSE(is_like("aXbX", "a*b"));
  EXPECT_FALSE(is_like("a", ""));
  EXPECT_FALSE(is_like(std::string(10'000, 'a'), "*a*a*a*a*a*a*b"));
}

TEST(Text, TrimmingTakesBlanksAtBothEnds) {
  EXPECT_EQ(trimmed(" \ta b\t "), "a b");
  EXPECT_EQ(trimmed(" "), "");
}

TEST(Text, LinesEndWithALineEndOrTheText) {
  EXPECT_EQ(split_lines("a\n\nb"), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(split_lines("a\n"), (std::vector<std::string>{"a"}));
  EXPECT_TRUE(split_lines("").empty());
}

}  // namespace
}  // namespace rookery::lint
