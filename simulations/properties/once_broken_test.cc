// once_broken_test.cc
//
// Runs that have failed once, for reasons that the tests' own seeds do not meet: of clients beside
// an old leader, of what a run has left to do when its faults are over, of what checkers take for
// done.
#include <gtest/gtest.h>

#include "simulations/properties/billing_life.h"
#include "simulations/properties/consumer_life.h"
#include "simulations/properties/filter_life.h"
#include "simulations/properties/offsets_life.h"
#include "simulations/properties/over_seeds.h"
#include "simulations/properties/progress_life.h"

namespace rookery::sim {
namespace {

TEST(OnceBroken, ConsumerLife) { expect_well_at(consumer_life(), {354, 3726}); }

TEST(OnceBroken, FilterLife) { expect_well_at(filter_life(), {2135}); }

TEST(OnceBroken, OffsetsLife) {
  expect_well_at(offsets_life(in_partition()), {1458, 3591});
  expect_well_at(offsets_life(by_key({.max_lanes = 6})), {1458, 1924, 4163, 5996});
  expect_well_at(offsets_life(virtual_partitions({.count = 4})), {1024, 3069, 3591});
}

TEST(OnceBroken, BillingLife) { expect_well_at(billing_life(3), {3684, 3809}); }

TEST(OnceBroken, ProgressLife) {
  expect_well_at(progress_life(by_key({.max_lanes = 6})), {1458, 3591});
  expect_well_at(progress_life(unordered({.max_lanes = 6})), {3591});
  expect_well_at(progress_life(virtual_partitions({.count = 4})), {1458, 3591});
  expect_well_at(progress_life(in_partition()), {1458, 3480, 3591});
}

}  // namespace
}  // namespace rookery::sim
