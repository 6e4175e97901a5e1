// filters_test.cc
//
// Filters under faults and rebalances (./rookery test --only filters).
#include <gtest/gtest.h>

#include "simulations/properties/filter_life.h"
#include "simulations/properties/over_seeds.h"

namespace rookery::sim {
namespace {

constexpr std::uint64_t kSeeds = 100;

TEST(Filters, HoldWhatIsToWaitAndPassWhatIsDroppedWhateverKafkaDoes) {
  FilterLifeSeen seen;
  const SeedSums sums = expect_well(filter_life(&seen), kSeeds);
  EXPECT_GT(seen.expired, kSeeds);
  EXPECT_GT(seen.throttled, kSeeds);
  EXPECT_GT(seen.paused, kSeeds);
  EXPECT_GT(sums.rebalances, kSeeds);
}

}  // namespace
}  // namespace rookery::sim
