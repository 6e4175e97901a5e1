// simulation_test.cc
//
// A few seeds of the campaign with each run of the tests; `./rookery simulate` does a thousand.

#include "examples/archive/simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "examples/archive/archive_app.h"

namespace archive {
namespace {

using rookery::testing::HasNoViolation;
using rookery::testing::Report;

TEST(Simulation, TotalsAreRightWhateverKafkaDoes) {
  const Report report = simulated_world().simulate(archive_app, simulated_plan(), {.seeds = 20});
  EXPECT_THAT(report, HasNoViolation());
}

}  // namespace
}  // namespace archive
