// offsets_test.cc
//
// Seeks, pauses, marks by hand and commits that are waited for, whatever fails.
#include <gtest/gtest.h>

#include <string>

#include "simulations/properties/offsets_life.h"
#include "simulations/properties/over_seeds.h"

namespace rookery::sim {
namespace {

constexpr std::uint64_t kSeeds = 120;

void expect_well(const RunFunction& run) {
  const SeedSums sums = expect_well(run, kSeeds);
  EXPECT_GT(sums.records, kSeeds * 100);
  EXPECT_GT(sums.rebalances, kSeeds);
}

class EachOrdering : public ::testing::TestWithParam<Ordering> {};

INSTANTIATE_TEST_SUITE_P(Offsets, EachOrdering,
                         ::testing::Values(in_partition(), by_key({.max_lanes = 6}),
                                           virtual_partitions({.count = 4})),
                         [](const auto& test) { return std::string(name(test.param)); });

TEST_P(EachOrdering, NothingIsCommittedThatIsNeitherDoneNorPassedBy) {
  OffsetsSeen seen;
  expect_well(offsets_life(GetParam(), &seen));
  EXPECT_GT(seen.seeks, kSeeds);
  EXPECT_GT(seen.failed_seeks, kSeeds / 4);
  EXPECT_GT(seen.commits, kSeeds / 4);
  EXPECT_GT(seen.failed_commits, 0U);
  EXPECT_GT(seen.strings, kSeeds / 4);
}

TEST(LateMarks, DoNotCountWhenTheNextOwnerHasBegun) {
  OffsetsSeen seen;
  expect_well(late_marks_life(&seen));
  EXPECT_GT(seen.late_marks, 0U);
}

}  // namespace
}  // namespace rookery::sim
