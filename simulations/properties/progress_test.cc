// progress_test.cc
//
// What is done beyond the committed offset survives: nothing is lost by it, and nothing that was
// done is done again when owners change in order.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "simulations/properties/progress_life.h"

namespace rookery::sim {
namespace {

constexpr std::uint64_t kSeeds = 25;

class EachOrdering : public ::testing::TestWithParam<Ordering> {
 protected:
  static void expect_well(const RunFunction& run) {
    StackPool stacks;
    std::uint64_t records = 0;
    std::uint64_t rebalances = 0;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      RunTape tape({.seed = seed});
      const RunOutcome outcome = run(tape, {.stacks = &stacks});
      ASSERT_FALSE(outcome.broken) << "seed " << seed << ": " << outcome.broken->promise << "\n"
                                   << outcome.broken->text;
      records += outcome.records;
      rebalances += outcome.rebalances;
    }
    EXPECT_GT(records, kSeeds * 100);
    EXPECT_GT(rebalances, kSeeds);
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
