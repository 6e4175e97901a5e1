// over_seeds.cc
//
// One pool of stacks for all runs.

#include "simulations/properties/over_seeds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace rookery::sim {
namespace {

constexpr const char* kSeedsVariable = "ROOKERY_SEEDS";

struct SeedRange {
  std::uint64_t first = 1;
  std::uint64_t count = 0;
};

SeedRange wanted_seeds(std::uint64_t count) {
  const char* const wanted = std::getenv(kSeedsVariable);
  if (wanted == nullptr) return {.count = count};
  const std::string_view text = wanted;
  SeedRange range;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, range.first);
  if (first.ec == std::errc() && first.ptr != end && *first.ptr == ':') {
    const auto second = std::from_chars(first.ptr + 1, end, range.count);
    if (second.ec == std::errc() && second.ptr == end) {
      range.count = std::max(range.count, count);
      return range;
    }
  }
  ADD_FAILURE() << kSeedsVariable << " wants FIRST:COUNT, not '" << text << "'";
  return {};
}

// False: it has failed the test.
bool runs_well(const RunFunction& run, std::uint64_t seed, StackPool& stacks, SeedSums& sums) {
  RunTape tape({.seed = seed});
  const RunOutcome outcome = run(tape, {.stacks = &stacks});
  if (outcome.broken) {
    ADD_FAILURE() << "seed " << seed << ": " << outcome.broken->promise << "\n"
                  << outcome.broken->text;
    return false;
  }
  sums.records += outcome.records;
  sums.outputs += outcome.outputs;
  sums.rejected += outcome.rejected;
  sums.rebalances += outcome.rebalances;
  return true;
}

}  // namespace

SeedSums expect_well(const RunFunction& run, std::uint64_t seeds) {
  StackPool stacks;
  SeedSums sums;
  const SeedRange range = wanted_seeds(seeds);
  for (std::uint64_t i = 0; i < range.count; ++i) {
    if (!runs_well(run, range.first + i, stacks, sums)) break;
  }
  return sums;
}

void expect_well_at(const RunFunction& run, std::initializer_list<std::uint64_t> seeds) {
  StackPool stacks;
  SeedSums sums;
  for (const std::uint64_t seed : seeds) runs_well(run, seed, stacks, sums);
  EXPECT_GT(sums.records, 0U);
}

}  // namespace rookery::sim
