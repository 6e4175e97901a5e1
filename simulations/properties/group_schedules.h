// group_schedules.h
//
// Schedules of group life made small, one after the other instead of drawn: of each of some small
// plans all that depart from the plain one in a few places, those with the fewest first.
//
//   const ScheduleSearch search = search_schedules({.schedules_most = 5'000});
//   EXPECT_FALSE(search.broken);
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulations/scheduler/exhaustive.h"
#include "simulations/world/run_function.h"

namespace rookery::sim {

struct ScheduleSearchOptions {
  std::uint64_t first_seed = 1;           // of the plan, and of all that members draw
  std::uint64_t schedules_most = 10'000;  // in all
  std::uint64_t plans_most = std::numeric_limits<std::uint64_t>::max();
  ExploreOptions of_each_plan = {.preemptions_most = 2, .turns_most = 0, .schedules_most = 400};
};

struct ScheduleSearch {
  std::uint64_t schedules = 0;
  std::uint64_t plans = 0;
  std::uint64_t plans_exhausted = 0;
  std::uint64_t choices_most = 0;  // of one run
  std::uint64_t rebalances = 0;
  std::uint64_t steps = 0;
  std::vector<std::uint64_t> by_preemptions;
  // Of the first that breaks a promise: the search ends there.
  std::optional<BrokenPromise> broken;
  RunOutcome outcome;  // all of that run
  std::uint64_t seed = 0;
  Schedule schedule;
  std::uint64_t preemptions = 0;
};

ScheduleSearch search_schedules(const ScheduleSearchOptions& options);

// One schedule of one plan, in a word without spaces: "e1:7:120+1:348+2" is the plan of seed 7 and
// two departures (at which choice, which other way).
struct EnumeratedRun {
  std::uint64_t seed = 0;
  Schedule schedule;
};
std::string text(const EnumeratedRun& run);
// None: it is no such word.
std::optional<EnumeratedRun> parse_enumerated_run(std::string_view text);

}  // namespace rookery::sim
