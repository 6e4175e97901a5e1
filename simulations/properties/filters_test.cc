// filters_test.cc
//
// Filters under faults and rebalances (./rookery test --only filters).
#include <gtest/gtest.h>

#include "simulations/properties/filter_life.h"

namespace rookery::sim {
namespace {

constexpr std::uint64_t kSeeds = 100;

TEST(Filters, HoldWhatIsToWaitAndPassWhatIsDroppedWhateverKafkaDoes) {
  FilterLifeSeen seen;
  const RunFunction run = filter_life(&seen);
  StackPool stacks;
  std::uint64_t rebalances = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    RunTape tape({.seed = seed});
    const RunOutcome outcome = run(tape, {.stacks = &stacks});
    ASSERT_FALSE(outcome.broken) << "seed " << seed << ": " << outcome.broken->promise << "\n"
                                 << outcome.broken->text;
    rebalances += outcome.rebalances;
  }
  EXPECT_GT(seen.expired, kSeeds);
  EXPECT_GT(seen.throttled, kSeeds);
  EXPECT_GT(seen.paused, kSeeds);
  EXPECT_GT(rebalances, kSeeds);
}

}  // namespace
}  // namespace rookery::sim
