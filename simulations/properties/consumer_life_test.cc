// consumer_life_test.cc
//
// The life of consumers under faults and rebalances (./rookery test --only consumer_life).
#include "simulations/properties/consumer_life.h"

#include <gtest/gtest.h>

#include "simulations/properties/over_seeds.h"

namespace rookery::sim {
namespace {

constexpr std::uint64_t kSeeds = 100;

TEST(ConsumerLife, IsOrderlyWhateverKafkaDoes) {
  ConsumerLifeSeen seen;
  const SeedSums sums = expect_well(consumer_life(&seen), kSeeds);
  EXPECT_GT(sums.rebalances, kSeeds);
  EXPECT_GT(seen.ends, 10 * kSeeds);
  EXPECT_GT(seen.ticks, 10 * kSeeds);
  EXPECT_GT(seen.revocations, kSeeds);
  EXPECT_GT(seen.shutdowns, kSeeds);
  EXPECT_GT(seen.failures, 10 * kSeeds);
}

}  // namespace
}  // namespace rookery::sim
