// group_schedules.cc
//
// Plan after plan.
#include "simulations/properties/group_schedules.h"

#include <algorithm>

#include "simulations/properties/group_life.h"

namespace rookery::sim {

ScheduleSearch search_schedules(const ScheduleSearchOptions& options) {
  ScheduleSearch search;
  StackPool stacks;
  for (std::uint64_t seed = options.first_seed;
       !search.broken && search.schedules < options.schedules_most; ++seed) {
    ++search.plans;
    ExploreOptions bounds = options.of_each_plan;
    bounds.schedules_most =
        std::min(bounds.schedules_most, options.schedules_most - search.schedules);
    const Exploration explored = explore_schedules(bounds, [&](Strategy& strategy) {
      RunOutcome outcome = small_group_life(seed, strategy, {.stacks = &stacks});
      search.rebalances += outcome.rebalances;
      search.steps += outcome.steps;
      const bool is_broken = outcome.broken.has_value();
      if (is_broken) search.broken = std::move(outcome.broken);
      return is_broken;
    });
    search.schedules += explored.schedules_in_all();
    search.plans_exhausted += explored.is_exhausted ? 1 : 0;
    search.choices_most = std::max(search.choices_most, explored.choices_most);
    const std::size_t bounds_seen = explored.schedules.size();
    if (search.by_preemptions.size() < bounds_seen) search.by_preemptions.resize(bounds_seen);
    for (std::size_t i = 0; i < bounds_seen; ++i) search.by_preemptions[i] += explored.schedules[i];
    search.seed = seed;
    search.schedule = explored.failing;
    search.preemptions = explored.failing_preemptions;
  }
  return search;
}

}  // namespace rookery::sim
