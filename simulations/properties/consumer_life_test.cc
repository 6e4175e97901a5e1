// consumer_life_test.cc
//
// The life of consumers under faults and rebalances (./rookery test --only consumer_life).
#include "simulations/properties/consumer_life.h"

#include <gtest/gtest.h>

namespace rookery::sim {
namespace {

constexpr std::uint64_t kSeeds = 100;

TEST(ConsumerLife, IsOrderlyWhateverKafkaDoes) {
  ConsumerLifeSeen seen;
  const RunFunction run = consumer_life(&seen);
  StackPool stacks;
  std::uint64_t rebalances = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    RunTape tape({.seed = seed});
    const RunOutcome outcome = run(tape, {.stacks = &stacks});
    ASSERT_FALSE(outcome.broken) << "seed " << seed << ": " << outcome.broken->promise << "\n"
                                 << outcome.broken->text;
    rebalances += outcome.rebalances;
  }
  EXPECT_GT(rebalances, kSeeds);
  EXPECT_GT(seen.ends, 10 * kSeeds);
  EXPECT_GT(seen.ticks, 10 * kSeeds);
  EXPECT_GT(seen.revocations, kSeeds);
  EXPECT_GT(seen.shutdowns, kSeeds);
  EXPECT_GT(seen.failures, 10 * kSeeds);
}

}  // namespace
}  // namespace rookery::sim
