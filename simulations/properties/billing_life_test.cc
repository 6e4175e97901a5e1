// billing_life_test.cc
//
// The healthy program keeps its promises: what its mutants are measured against.
#include "simulations/properties/billing_life.h"

#include <gtest/gtest.h>

namespace rookery::sim {
namespace {

constexpr std::uint64_t kSeeds = 40;

void expect_well(const RunFunction& run) {
  StackPool stacks;
  std::uint64_t outputs = 0;
  std::uint64_t dead_letters = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    RunTape tape({.seed = seed});
    const RunOutcome outcome = run(tape, {.stacks = &stacks});
    ASSERT_FALSE(outcome.broken) << "seed " << seed << ": " << outcome.broken->promise << "\n"
                                 << outcome.broken->text;
    outputs += outcome.outputs;
    dead_letters += outcome.rejected;
  }
  EXPECT_GT(outputs, kSeeds * 50) << "invoices";
  EXPECT_GT(dead_letters, kSeeds * 10);
}

TEST(BillingLife, EachOrderHasItsInvoiceOrItsDeadLetter) { expect_well(billing_life(3)); }
TEST(BillingLife, AlsoWhereAcknowledgedRecordsAreLostByRight) { expect_well(billing_life(1)); }

TEST(WaitingLife, EachOrderHasItsInvoiceOrItsDeadLetter) { expect_well(waiting_life(3)); }
TEST(WaitingLife, AlsoWhereAcknowledgedRecordsAreLostByRight) { expect_well(waiting_life(1)); }

}  // namespace
}  // namespace rookery::sim
