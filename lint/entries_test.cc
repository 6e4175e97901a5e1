// entries_test.cc
//
// What lists of entries may look like, and what is said of those that are wrong.

#include "lint/entries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery::lint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<EntryKey> kKeys{{"pattern"}, {"reason"}, {"level", /*is_required=*/false}};

std::vector<std::string> mistakes_of(const std::string& text) {
  std::vector<std::string> mistakes;
  (void)read_entries("a.yaml", text, kKeys, mistakes);
  return mistakes;
}

TEST(Entries, KnowTheirLinesAndValues) {
  std::vector<std::string> mistakes;
  const auto entries = read_entries("a.yaml",
                                    "# why\n- {pattern: a, reason: b}\n- pattern: '\\d+'\n"
                                    "  reason: c d\n  level: WARN\n",
                                    kKeys, mistakes);
  EXPECT_THAT(mistakes, IsEmpty());
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].line, 2);
  EXPECT_EQ(entries[0].value_of("level"), "");
  EXPECT_EQ(entries[1].line, 3);
  EXPECT_EQ(entries[1].value_of("pattern"), "\\d+");
  EXPECT_EQ(entries[1].value_of("level"), "WARN");
}

TEST(Entries, AnEmptyFileIsAnEmptyList) {
  EXPECT_THAT(mistakes_of(""), IsEmpty());
  EXPECT_THAT(mistakes_of("# nothing yet\n"), IsEmpty());
  EXPECT_THAT(mistakes_of("[]"), IsEmpty());
}

TEST(Entries, EachMistakeIsToldWithItsLine) {
  EXPECT_THAT(mistakes_of("- {pattern: a, raeson: b}\n- b\n- {pattern: '', reason: [a]}\n"),
              ElementsAre("a.yaml:1: unknown key 'raeson'; there are pattern, reason, level",
                          "a.yaml:1: an entry needs the key 'reason'",
                          "a.yaml:2: an entry is a map with the keys pattern, reason, level",
                          "a.yaml:3: 'pattern' is a text, and not empty",
                          "a.yaml:3: 'reason' is a text, and not empty"));
  EXPECT_THAT(mistakes_of("pattern: a\nreason: b\n"),
              ElementsAre("a.yaml:1: is a list of entries, each beginning with '- '"));
  EXPECT_THAT(mistakes_of("- {pattern: a, pattern: b, reason: c}"),
              ElementsAre("a.yaml:1: 'pattern' stands twice"));
  EXPECT_EQ(mistakes_of("- {pattern: a").size(), 1U);
}

}  // namespace
}  // namespace rookery::lint
