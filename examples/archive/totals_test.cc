// totals_test.cc
//
// Sums, and that what comes twice counts once.

#include "examples/archive/totals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/recovery/dead_letter.h>

namespace archive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

rookery::Headers rejected_as(const std::string& error_class, int partition = 0, int offset = 0) {
  return rookery::dead_letter_headers({}, {.partition = {"archive.packages.v1", partition},
                                           .offset = offset,
                                           .error_class = error_class});
}

TEST(Totals, AddUpBySection) {
  Totals totals;
  ASSERT_TRUE(totals.take_index("a\t1\tall", "games\t10\tx"));
  ASSERT_TRUE(totals.take_index("b\t1\tall", "games\t5\ty"));
  ASSERT_TRUE(totals.take_index("c\t1\tall", "libs\t0\tx"));
  EXPECT_EQ(totals.packages(), 3u);
  EXPECT_THAT(totals.sections(),
              ElementsAre(Pair("games", SectionTotals{2, 15}), Pair("libs", SectionTotals{1, 0})));
}

TEST(Totals, ALaterIndexRecordReplacesAnEarlierOneOfItsKey) {
  Totals totals;
  ASSERT_TRUE(totals.take_index("a\t1\tall", "games\t10\tx"));
  ASSERT_TRUE(totals.take_index("a\t1\tall", "games\t10\tx"));
  ASSERT_TRUE(totals.take_index("a\t1\tall", "libs\t7\tx"));
  EXPECT_THAT(totals.sections(), ElementsAre(Pair("libs", SectionTotals{1, 7})));
}

TEST(Totals, ATombstoneRemoves) {
  Totals totals;
  ASSERT_TRUE(totals.take_index("a\t1\tall", "games\t10\tx"));
  ASSERT_TRUE(totals.take_index("a\t1\tall", nullptr));
  ASSERT_TRUE(totals.take_index("b\t1\tall", nullptr));
  EXPECT_EQ(totals.packages(), 0u);
}

TEST(Totals, ARejectedStanzaCountsOnceHoweverOftenItIsWritten) {
  Totals totals;
  const std::string stanza = "Package: a\nVersion: 1\nArchitecture: all\n";
  ASSERT_TRUE(totals.take_rejected(stanza, rejected_as("MissingField", 1, 5)));
  ASSERT_TRUE(totals.take_rejected(stanza, rejected_as("MissingField", 1, 5)));
  ASSERT_TRUE(totals.take_rejected(stanza, rejected_as("MissingField", 4, 9)));  // fed again
  ASSERT_TRUE(totals.take_rejected("Package: b\nVersion: 1\nArchitecture: all\n",
                                   rejected_as("MissingField", 1, 6)));
  EXPECT_THAT(totals.rejected(), ElementsAre(Pair("MissingField", 2)));
}

TEST(Totals, ARejectedRecordOfNoPackageCountsByWhereItCameFrom) {
  Totals totals;
  ASSERT_TRUE(totals.take_rejected("???", rejected_as("MalformedStanza", 1, 5)));
  ASSERT_TRUE(totals.take_rejected("???", rejected_as("MalformedStanza", 1, 5)));
  ASSERT_TRUE(totals.take_rejected("???", rejected_as("MalformedStanza", 2, 5)));
  ASSERT_TRUE(totals.take_rejected(nullptr, rejected_as("MalformedStanza", 2, 6)));
  EXPECT_THAT(totals.rejected(), ElementsAre(Pair("MalformedStanza", 3)));
}

TEST(Totals, WhatIsNoneOfTheArchivesRecordsIsAnError) {
  Totals totals;
  EXPECT_FALSE(totals.take_index(nullptr, "games\t10\tx"));
  EXPECT_THAT(totals.take_index("a\t1\tall", "nonsense").error().message, HasSubstr("a\t1\tall"));
  EXPECT_FALSE(totals.take_rejected("Package: a", {}));
  EXPECT_FALSE(
      totals.take_rejected("???", rookery::Headers{{"source_error_class", "MalformedStanza"}}));
  EXPECT_FALSE(totals.take_rejected("???", rejected_as("")));
  EXPECT_EQ(totals, Totals());
}

TEST(Totals, TheBusiestMaintainersComeFirstThenByName) {
  Totals totals;
  ASSERT_TRUE(totals.take_index("a", "games\t1\tcarol"));
  ASSERT_TRUE(totals.take_index("b", "games\t1\tbob"));
  ASSERT_TRUE(totals.take_index("c", "games\t1\tdave"));
  ASSERT_TRUE(totals.take_index("d", "games\t1\tdave"));
  EXPECT_THAT(totals.busiest_maintainers(2), ElementsAre(Pair("dave", 2), Pair("bob", 1)));
  EXPECT_EQ(totals.busiest_maintainers(10).size(), 3u);
}

TEST(Totals, DifferencesNameWhatIsWrong) {
  Totals expected;
  ASSERT_TRUE(expected.take_index("a", "games\t1\tx"));
  ASSERT_TRUE(expected.take_index("b", "libs\t2\tx"));
  ASSERT_TRUE(expected.take_rejected("Package: c", rejected_as("MissingField")));
  Totals actual;
  ASSERT_TRUE(actual.take_index("a", "games\t5\tx"));
  EXPECT_THAT(differences(expected, expected), IsEmpty());
  EXPECT_THAT(
      differences(expected, actual),
      ElementsAre("packages: 1, expected 2", "KiB of section games: 5, expected 1",
                  "packages of section libs: 0, expected 1", "KiB of section libs: 0, expected 2",
                  "rejected as MissingField: 0, expected 1"));
  EXPECT_EQ(differences(expected, actual, 2).size(), 2u);
}

TEST(Totals, EqualSumsOfDifferentRecordsDiffer) {
  Totals expected;
  ASSERT_TRUE(expected.take_index("a", "games\t1\tx"));
  Totals actual;
  ASSERT_TRUE(actual.take_index("b", "games\t1\tx"));
  EXPECT_EQ(differences(expected, actual).size(), 1u);
}

}  // namespace
}  // namespace archive
