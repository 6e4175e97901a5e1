// simulation_test.cc
//
// The campaign with each run of the tests, with seeds enough that every kind of fault happens;
// `./rookery simulate` does as many as one likes.

#include "examples/archive/simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "examples/archive/archive_app.h"

namespace archive {
namespace {

using rookery::testing::EveryFaultTookEffect;
using rookery::testing::HasNoViolation;
using rookery::testing::Report;

TEST(Simulation, TotalsAreRightWhateverKafkaDoes) {
  const Report report = simulated_world().simulate(archive_app, simulated_plan(), {.seeds = 400});
  EXPECT_THAT(report, HasNoViolation());
  EXPECT_THAT(report, EveryFaultTookEffect());
}

}  // namespace
}  // namespace archive
