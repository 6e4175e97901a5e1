// progress_test.cc
//
// What is done beyond the committed offset survives: nothing is lost by it, and nothing that was
// done is done again when owners change in order.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "simulations/properties/over_seeds.h"
#include "simulations/properties/progress_life.h"

namespace rookery::sim {
namespace {

constexpr std::uint64_t kSeeds = 25;

class EachOrdering : public ::testing::TestWithParam<Ordering> {
 protected:
  static void expect_well(const RunFunction& run) {
    const SeedSums sums = sim::expect_well(run, kSeeds);
    EXPECT_GT(sums.records, kSeeds * 100);
    EXPECT_GT(sums.rebalances, kSeeds);
  }
};

INSTANTIATE_TEST_SUITE_P(Progress, EachOrdering,
                         ::testing::Values(by_key({.max_lanes = 6}), unordered({.max_lanes = 6}),
                                           virtual_partitions({.count = 4}), in_partition()),
                         [](const auto& test) { return std::string(name(test.param)); });

class EachKeptOrder : public EachOrdering {};

INSTANTIATE_TEST_SUITE_P(Progress, EachKeptOrder,
                         ::testing::Values(by_key({.max_lanes = 6}),
                                           virtual_partitions({.count = 4}), in_partition()),
                         [](const auto& test) { return std::string(name(test.param)); });

TEST_P(EachOrdering, LosesNothingWhateverFails) { expect_well(progress_life(GetParam())); }
TEST_P(EachKeptOrder, LosesNothingWhereTheLogLosesItsEnd) {
  expect_well(progress_life(GetParam(), /*nodes=*/1));
}
TEST_P(EachOrdering, RunsNothingAgainWhenOwnersChangeInOrder) {
  expect_well(orderly_progress_life(GetParam()));
}

}  // namespace
}  // namespace rookery::sim
