// dlq_mutants_test.cc
//
// What would lose a dead letter or its key is found: the property of dead letters fails on its
// mutants (./rookery test --only dlq).
#include <gtest/gtest.h>

#include "simulations/mutants/expect_found.h"
#include "simulations/properties/dead_letter_property.h"

namespace rookery::sim {
namespace {

// The property itself (dead_letter_property.h) fails on these.
TEST(DlqMutants, KeyReplaced) { expect_found("dead_letters.key_replaced", dead_letter_life()); }
TEST(DlqMutants, PartitionedByKey) {
  expect_found("dead_letters.partitioned_by_key", dead_letter_life());
}
TEST(DlqMutants, NeighbourSent) { expect_found("dead_letters.neighbour_sent", dead_letter_life()); }

TEST(DlqMutants, DispatchedAfterRevocation) {
  expect_found("dead_letters.dispatched_after_revocation");
}
TEST(DlqMutants, MarkedBeforeAcknowledged) {
  expect_found("dead_letters.marked_before_acknowledged");
}

}  // namespace
}  // namespace rookery::sim
