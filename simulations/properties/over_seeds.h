// over_seeds.h
//
// A healthy program, run for one seed after the other: what breaks a promise fails the test with
// its seed, and ends it.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "simulations/world/run_function.h"

namespace rookery::sim {

// Of all runs, to see that there was something to do.
struct SeedSums {
  std::uint64_t records = 0;
  std::uint64_t outputs = 0;
  std::uint64_t rejected = 0;
  std::uint64_t rebalances = 0;
};

// Seeds 1 to `seeds`, on the calling thread. ROOKERY_SEEDS=FIRST:COUNT in the environment names
// others
// (.ci/nightly), but never fewer than `seeds`: tests expect things of so many.
SeedSums expect_well(const RunFunction& run, std::uint64_t seeds);

// These seeds, whatever the environment says: of runs that have failed once.
void expect_well_at(const RunFunction& run, std::initializer_list<std::uint64_t> seeds);

}  // namespace rookery::sim
