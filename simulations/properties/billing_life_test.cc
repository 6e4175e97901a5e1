// billing_life_test.cc
//
// The healthy program keeps its promises: what its mutants are measured against.
#include "simulations/properties/billing_life.h"

#include <gtest/gtest.h>

#include "simulations/properties/over_seeds.h"

namespace rookery::sim {
namespace {

constexpr std::uint64_t kSeeds = 40;

void expect_well(const RunFunction& run) {
  const SeedSums sums = expect_well(run, kSeeds);
  EXPECT_GT(sums.outputs, kSeeds * 50) << "invoices";
  EXPECT_GT(sums.rejected, kSeeds * 10) << "dead letters";
}

TEST(BillingLife, EachOrderHasItsInvoiceOrItsDeadLetter) { expect_well(billing_life(3)); }
TEST(BillingLife, AlsoWhereAcknowledgedRecordsAreLostByRight) { expect_well(billing_life(1)); }

TEST(WaitingLife, EachOrderHasItsInvoiceOrItsDeadLetter) { expect_well(waiting_life(3)); }
TEST(WaitingLife, AlsoWhereAcknowledgedRecordsAreLostByRight) { expect_well(waiting_life(1)); }

}  // namespace
}  // namespace rookery::sim
