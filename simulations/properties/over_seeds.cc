// over_seeds.cc
//
// One pool of stacks for all runs.

#include "simulations/properties/over_seeds.h"

#include <gtest/gtest.h>

namespace rookery::sim {

SeedSums expect_well(const RunFunction& run, std::uint64_t seeds) {
  StackPool stacks;
  SeedSums sums;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    RunTape tape({.seed = seed});
    const RunOutcome outcome = run(tape, {.stacks = &stacks});
    if (outcome.broken) {
      ADD_FAILURE() << "seed " << seed << ": " << outcome.broken->promise << "\n"
                    << outcome.broken->text;
      break;
    }
    sums.records += outcome.records;
    sums.outputs += outcome.outputs;
    sums.rejected += outcome.rejected;
    sums.rebalances += outcome.rebalances;
  }
  return sums;
}

}  // namespace rookery::sim
