// hunt.h
//
// How many runs it takes until a mutant is found: seed after seed of a run function, with the
// mutant switched on, until a promise breaks.
//
//   const Hunt hunt = hunt_mutant("heartbeat.join_under_lock", group_life, {.seeds_most = 10'000});
//
// In builds that hold mutants only. Thread rules: one hunt at a time in the process.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "simulations/world/run_function.h"

namespace rookery::sim {

struct HuntOptions {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds_most = 10'000;
  // The hunt goes on after a find, until so many: their mean distance says how hard it is.
  std::uint64_t finds_most = 1;
};

struct Hunt {
  std::uint64_t runs = 0;
  std::uint64_t finds = 0;
  // Of the first find.
  std::uint64_t seed = 0;
  std::optional<BrokenPromise> broken;

  double mean_runs() const {
    return finds == 0 ? 0.0 : static_cast<double>(runs) / static_cast<double>(finds);
  }
};

// The name must be in the list (framework/runtime/mutant.h); empty: the healthy code. No mutant is
// on afterwards.
Hunt hunt_mutant(std::string_view mutant, const RunFunction& run, const HuntOptions& options);

}  // namespace rookery::sim
