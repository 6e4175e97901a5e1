// expect_found.h
//
// That a mutant of the framework is found by a program with outputs and dead letters.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <string_view>

#include "simulations/mutants/hunt.h"
#include "simulations/properties/billing_life.h"

namespace rookery::sim {

constexpr std::uint64_t kSeedsMost = 2'000;

// A find is the mutant's doing: the same seed is well without it, and the same again with it.
inline void expect_found(std::string_view mutant, const RunFunction& run) {
  const Hunt hunt = hunt_mutant(mutant, run, {.seeds_most = kSeedsMost});
  ASSERT_EQ(hunt.finds, 1U) << mutant << " survives " << hunt.runs << " runs";
  std::cout << "explored " << mutant << ": run " << hunt.runs << ", " << hunt.broken->promise
            << ": " << hunt.broken->text << "\n";
  const HuntOptions same_seed = {.first_seed = hunt.seed, .seeds_most = 1};
  EXPECT_EQ(hunt_mutant("", run, same_seed).finds, 0U);
  const Hunt again = hunt_mutant(mutant, run, same_seed);
  ASSERT_EQ(again.finds, 1U);
  EXPECT_EQ(again.broken->text, hunt.broken->text);
}

inline void expect_found(std::string_view mutant) {
  expect_found(mutant, billing_life(nodes_to_hunt_on(mutant)));
}

}  // namespace rookery::sim
