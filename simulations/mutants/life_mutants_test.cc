// life_mutants_test.cc
//
// Consumers that are told of the end, or tick, while there is work are found.
#include <gtest/gtest.h>
#include <rookery/runtime/mutant.h>

#include <cstddef>

#include "simulations/mutants/expect_found.h"
#include "simulations/properties/consumer_life.h"

namespace rookery::sim {
namespace {

TEST(LifeMutants, ToldOverWork) { expect_found("life.told_over_work", consumer_life()); }
TEST(LifeMutants, TicksAtWork) { expect_found("life.ticks_at_work", consumer_life()); }

TEST(LifeMutants, AreAllHunted) {
  std::size_t count = 0;
  for (const MutantEntry& mutant : all_mutants()) count += mutant.mark.starts_with('C') ? 1 : 0;
  EXPECT_EQ(count, 2U);
}

}  // namespace
}  // namespace rookery::sim
