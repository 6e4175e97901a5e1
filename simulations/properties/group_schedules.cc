// group_schedules.cc
//
// Plan after plan.
#include "simulations/properties/group_schedules.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "simulations/properties/group_life.h"

namespace rookery::sim {

ScheduleSearch search_schedules(const ScheduleSearchOptions& options) {
  ScheduleSearch search;
  StackPool stacks;
  for (std::uint64_t seed = options.first_seed;
       !search.broken && search.schedules < options.schedules_most &&
       search.plans < options.plans_most;
       ++seed) {
    ++search.plans;
    ExploreOptions bounds = options.of_each_plan;
    bounds.schedules_most =
        std::min(bounds.schedules_most, options.schedules_most - search.schedules);
    const Exploration explored = explore_schedules(bounds, [&](Strategy& strategy) {
      RunOutcome outcome = small_group_life(seed, strategy, {.stacks = &stacks});
      search.rebalances += outcome.rebalances;
      search.steps += outcome.steps;
      const bool is_broken = outcome.broken.has_value();
      if (!is_broken) return false;
      search.broken = outcome.broken;
      search.outcome = std::move(outcome);
      return true;
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

std::string text(const EnumeratedRun& run) {
  std::string text = "e1:" + std::to_string(run.seed);
  for (const Departure& one : run.schedule) {
    text += ":" + std::to_string(one.choice) + "+" + std::to_string(one.way);
  }
  return text;
}

namespace {

// Takes a number from the front; false: there is none.
bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

}  // namespace

std::optional<EnumeratedRun> parse_enumerated_run(std::string_view text) {
  EnumeratedRun run;
  if (!take(text, "e1:") || !take_number(text, run.seed)) return std::nullopt;
  while (!text.empty()) {
    Departure one;
    std::uint64_t way = 0;
    if (!take(text, ":") || !take_number(text, one.choice)) return std::nullopt;
    if (!take(text, "+") || !take_number(text, way)) return std::nullopt;
    one.way = static_cast<std::size_t>(way);
    run.schedule.push_back(one);
  }
  return run;
}

}  // namespace rookery::sim
