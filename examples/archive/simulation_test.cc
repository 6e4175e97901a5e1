// simulation_test.cc
//
// The campaign with each run of the tests, in each profile, and in the default one with seeds
// enough that every kind of fault happens; `./rookery simulate` does as many as one likes.

#include "examples/archive/simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

#include "examples/archive/profiles.h"

namespace archive {
namespace {

using rookery::testing::EveryFaultTookEffect;
using rookery::testing::HasNoViolation;
using rookery::testing::Profile;
using rookery::testing::Report;

constexpr std::uint64_t kSeeds = 50;
constexpr std::uint64_t kSeedsForEveryFault = 400;

class Simulation : public ::testing::TestWithParam<Profile> {};

TEST_P(Simulation, TotalsAreRightWhateverKafkaDoes) {
  const bool is_default = GetParam().name == simulated_profiles().front().name;
  const Report report = simulated_world().simulate(
      GetParam().app, simulated_plan(), {.seeds = is_default ? kSeedsForEveryFault : kSeeds});
  EXPECT_THAT(report, HasNoViolation());
  if (is_default) {
    EXPECT_THAT(report, EveryFaultTookEffect());
  }
}

INSTANTIATE_TEST_SUITE_P(Profiles, Simulation, ::testing::ValuesIn(simulated_profiles()),
                         [](const auto& profile) { return profile.param.name; });

}  // namespace
}  // namespace archive
