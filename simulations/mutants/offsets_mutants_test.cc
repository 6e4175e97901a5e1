// offsets_mutants_test.cc
//
// A seek that moves too early, and a mark that says yes too late, are found.
#include <gtest/gtest.h>
#include <rookery/runtime/mutant.h>

#include <cstddef>
#include <string_view>

#include "simulations/mutants/expect_found.h"
#include "simulations/properties/offsets_life.h"

namespace rookery::sim {
namespace {

void expect_found_by_offsets(std::string_view mutant) {
  expect_found(mutant, offsets_life_to_hunt(mutant));
}

TEST(OffsetsMutants, ASeekThatMovesBeforeItSucceeded) {
  expect_found_by_offsets("seek.moves_before_it_succeeded");
}
TEST(OffsetsMutants, AMarkThatSaysYesAfterLoss) { expect_found_by_offsets("marks.yes_after_loss"); }

TEST(OffsetsMutants, AreAllHunted) {
  std::size_t count = 0;
  for (const MutantEntry& mutant : all_mutants()) count += mutant.mark.starts_with('O') ? 1 : 0;
  EXPECT_EQ(count, 2U);
}

}  // namespace
}  // namespace rookery::sim
