// lengths_test.cc
//
// Limits of files and functions, and the list of what is longer for a while.

#include "lint/source/lengths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rookery::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A function of so many lines behind a line of its own.
std::string function(int lines) {
  std::string text = "int a;\nvoid A::f() {\n";
  for (int i = 2; i < lines; ++i) text += "  g();\n";
  return text + "}\n";
}

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "int a;\n";
  return text;
}

Lengths list(const std::string& text) {
  std::vector<std::string> mistakes;
  Lengths lengths = Lengths::read("list.yaml", text, mistakes);
  EXPECT_THAT(mistakes, IsEmpty());
  return lengths;
}

std::vector<std::string> mistakes_of(const std::string& text) {
  std::vector<std::string> mistakes;
  (void)Lengths::read("list.yaml", text, mistakes);
  return mistakes;
}

Findings check(const std::string& text, Lengths lengths = {}) {
  return lengths.check(parse_source("framework/base/a.cc", text));
}

bool exists(const std::string&) { return true; }
bool is_gone(const std::string&) { return false; }

TEST(FileLength, FiresAtTheFirstLineTooMany) {
  const Findings findings = check(lines(401));
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "file-length");
  EXPECT_EQ(findings[0].line, 401);
  EXPECT_THAT(findings[0].message, HasSubstr("401 lines, more than the 400"));
}

TEST(FileLength, IsSilentUpToTheLimit) { EXPECT_THAT(check(lines(400)), IsEmpty()); }

TEST(FunctionLength, FiresAtTheHeadWithTheName) {
  const Findings findings = check(function(71));
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "function-length");
  EXPECT_EQ(findings[0].line, 2);
  EXPECT_EQ(findings[0].name, "A::f");
  EXPECT_THAT(findings[0].message, HasSubstr("A::f has 71 lines, more than the 70"));
}

TEST(FunctionLength, IsSilentUpToTheLimit) { EXPECT_THAT(check(function(70)), IsEmpty()); }

TEST(LengthList, KnowsWhatIsLongerAndHowLong) {
  const std::string text =
      "- {file: framework/base/a.cc, lines_max: 410, reason: soon}\n"
      "- {file: framework/base/a.cc, function: 'A::f', lines_max: 75, reason: soon}\n";
  EXPECT_THAT(check(function(75) + lines(330), list(text)), IsEmpty());
  const Findings findings = check(function(76) + lines(340), list(text));
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_THAT(findings[0].message, HasSubstr("417 lines, more than the 410 it is allowed"));
  EXPECT_THAT(findings[1].message, HasSubstr("76 lines, more than the 75 it is allowed"));
}

TEST(LengthList, TellsWhatNobodyNeedsAnyMore) {
  Lengths lengths = list(
      "- {file: framework/base/a.cc, lines_max: 410, reason: soon}\n"
      "- {file: framework/base/a.cc, function: 'A::g', lines_max: 75, reason: soon}\n"
      "- {file: framework/base/b.cc, lines_max: 410, reason: soon}\n");
  EXPECT_THAT(lengths.check(parse_source("framework/base/a.cc", lines(9))), IsEmpty());
  const Findings findings = lengths.stale(exists);
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].file, "list.yaml");
  EXPECT_EQ(findings[0].line, 1);
  EXPECT_EQ(findings[0].rule, "length-stale");
  EXPECT_EQ(findings[1].line, 2);
  // Of a file that was not checked nothing is known, unless it is gone.
  EXPECT_THAT(lengths.stale(is_gone), SizeIs(3));
}

TEST(LengthList, IsSilentOnWhatIsStillLong) {
  Lengths lengths = list("- {file: framework/base/a.cc, lines_max: 410, reason: soon}\n");
  EXPECT_THAT(lengths.check(parse_source("framework/base/a.cc", lines(402))), IsEmpty());
  EXPECT_THAT(lengths.stale(exists), IsEmpty());
}

TEST(LengthList, NeedsALimitAboveTheHousesAndAReason) {
  EXPECT_THAT(mistakes_of("- {file: a.cc, lines_max: 400, reason: soon}"),
              ElementsAre("list.yaml:1: lines_max is a number above 400"));
  EXPECT_THAT(mistakes_of("- {file: a.cc, function: f, lines_max: many, reason: soon}"),
              ElementsAre("list.yaml:1: lines_max is a number above 70"));
  EXPECT_THAT(mistakes_of("- {file: a.cc, lines_max: 401}"),
              ElementsAre("list.yaml:1: an entry needs the key 'reason'"));
}

}  // namespace
}  // namespace rookery::lint
