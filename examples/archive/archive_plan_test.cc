// archive_plan_test.cc
//
// The workload is the same everywhere, varied, and holds every kind of stanza.

#include "examples/archive/archive_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "examples/archive/index.h"
#include "examples/archive/stanza.h"

namespace archive {
namespace {

using testing::IsEmpty;

std::vector<std::string> stanzas_of(const ArchivePlan& plan, std::uint64_t count) {
  std::vector<std::string> stanzas;
  for (std::uint64_t i = 0; i < count; ++i) stanzas.push_back(plan.record(i).value);
  return stanzas;
}

TEST(ArchivePlan, EachNumberIsAnotherPackage) {
  const ArchivePlan plan;
  ASSERT_GE(plan.packages(), 4000u);
  std::set<std::string> identities;
  for (std::uint64_t i = 0; i < plan.packages(); ++i) {
    identities.insert(package_identity(plan.record(i).value));
  }
  EXPECT_EQ(identities.size(), plan.packages());
  EXPECT_FALSE(identities.contains(""));
}

TEST(ArchivePlan, RepeatsItselfByteForByte) {
  const ArchivePlan plan;
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{90}, std::uint64_t{4711}}) {
    const PlannedRecord first = plan.record(number);
    const PlannedRecord second = ArchivePlan().record(number + plan.packages());
    EXPECT_EQ(first.key, second.key);
    EXPECT_EQ(first.value, second.value);
    EXPECT_EQ(first.section, second.section);
  }
}

TEST(ArchivePlan, KeysAreManyAndNotAllDifferent) {
  const ArchivePlan plan;
  std::set<std::string> keys;
  for (std::uint64_t i = 0; i < plan.packages(); ++i) keys.insert(plan.record(i).key);
  EXPECT_GT(keys.size(), plan.packages() / 10);
  EXPECT_LT(keys.size(), plan.packages());
}

TEST(ArchivePlan, ARecordIsWhatFeedSends) {
  const ArchivePlan plan;
  const PlannedRecord record = plan.record(1 + 150 * 3);
  const auto stanza = parse_stanza(record.value);
  ASSERT_TRUE(stanza);
  EXPECT_EQ(stanza->package, "golang-basalt-dev-v3");
  EXPECT_EQ(record.key, "basalt-v3");
  EXPECT_EQ(record.section, "golang");
}

TEST(ArchivePlan, HoldsEveryKindOfStanza) {
  const ArchivePlan plan;
  const Totals totals = expected_totals(stanzas_of(plan, 150));
  EXPECT_EQ(totals.packages(), 144u);
  EXPECT_EQ(totals.rejected(),
            (std::map<std::string, std::uint64_t>{{"MissingField", 5}, {"OversizedStanza", 1}}));
  EXPECT_GE(totals.sections().size(), 15u);
  EXPECT_TRUE(totals.sections().contains("unknown"));
}

TEST(ExpectedTotals, DoNotDependOnOrderOrRepetition) {
  const ArchivePlan plan;
  std::vector<std::string> stanzas = stanzas_of(plan, 300);
  const Totals expected = expected_totals(stanzas);
  stanzas.insert(stanzas.end(), stanzas.begin(), stanzas.begin() + 100);
  std::reverse(stanzas.begin(), stanzas.end());
  EXPECT_THAT(differences(expected, expected_totals(stanzas)), IsEmpty());
  std::erase(stanzas, plan.record(7).value);
  EXPECT_FALSE(differences(expected, expected_totals(stanzas)).empty());
}

}  // namespace
}  // namespace archive
