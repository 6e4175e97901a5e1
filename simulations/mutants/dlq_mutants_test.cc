// dlq_mutants_test.cc
//
// What would lose a dead letter or its key is found: the property of dead letters fails on its
// mutants (./rookery test --only dlq).
#include <gtest/gtest.h>

#include "simulations/mutants/expect_found.h"

namespace rookery::sim {
namespace {

TEST(DlqMutants, KeyReplaced) { expect_found("dead_letters.key_replaced"); }
TEST(DlqMutants, DispatchedAfterRevocation) {
  expect_found("dead_letters.dispatched_after_revocation");
}
TEST(DlqMutants, MarkedBeforeAcknowledged) {
  expect_found("dead_letters.marked_before_acknowledged");
}

}  // namespace
}  // namespace rookery::sim
