// segments_mutants_test.cc
//
// Segments that lose records, or whose position stands still, are found.
#include <gtest/gtest.h>
#include <rookery/runtime/mutant.h>

#include <cstddef>

#include "simulations/mutants/expect_found.h"
#include "simulations/properties/segments_property.h"

namespace rookery::sim {
namespace {

TEST(SegmentsMutants, DropsBrokenKeys) {
  expect_found("segments.drops_broken_keys", segments_life());
}
TEST(SegmentsMutants, PositionWaits) { expect_found("segments.position_waits", segments_life()); }

TEST(SegmentsMutants, AreAllHunted) {
  std::size_t count = 0;
  for (const MutantEntry& mutant : all_mutants()) count += mutant.mark.starts_with('G') ? 1 : 0;
  EXPECT_EQ(count, 2U);
}

}  // namespace
}  // namespace rookery::sim
