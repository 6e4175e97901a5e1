// ordering_mutants_test.cc
//
// What mixes up the lanes of a partition is found.
#include <gtest/gtest.h>
#include <rookery/runtime/mutant.h>

#include <cstddef>
#include <string_view>

#include "simulations/mutants/expect_found.h"
#include "simulations/properties/ordering_property.h"

namespace rookery::sim {
namespace {

void expect_found_by_orderings(std::string_view mutant) {
  expect_found(mutant, ordering_life(nodes_to_hunt_on(mutant)));
}

TEST(OrderingMutants, KeyInTwo) { expect_found_by_orderings("lanes.key_in_two"); }
TEST(OrderingMutants, MarksNeighbours) { expect_found_by_orderings("lanes.marks_neighbours"); }
TEST(OrderingMutants, ForgetWithoutWaiting) {
  expect_found_by_orderings("lanes.forget_without_waiting");
}
TEST(OrderingMutants, BusyLaneJams) { expect_found_by_orderings("lanes.busy_lane_jams"); }
TEST(OrderingMutants, GivenBackIsLost) { expect_found_by_orderings("lanes.given_back_is_lost"); }
TEST(OrderingMutants, TakeNoTurns) { expect_found_by_orderings("lanes.take_no_turns"); }
TEST(OrderingMutants, SpinOutOfTurn) { expect_found_by_orderings("lanes.spin_out_of_turn"); }

TEST(OrderingMutants, AreAllHunted) {
  std::size_t count = 0;
  for (const MutantEntry& mutant : all_mutants()) count += mutant.mark.starts_with('L') ? 1 : 0;
  EXPECT_EQ(count, 7U);
}

}  // namespace
}  // namespace rookery::sim
