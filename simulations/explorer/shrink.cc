// shrink.cc
//
// Tries, each a run, and what is kept of those that fail in the same way.

#include "simulations/explorer/shrink.h"

#include <rapidcheck/Seq.h>
#include <rapidcheck/shrink/Shrink.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rookery::sim {
namespace {

using Draws = std::vector<std::uint64_t>;
using Ranges = std::vector<DrawRange>;

// With how many seeds besides its own a plan is tried.
constexpr std::uint64_t kOtherSeeds = 7;
// A try may take so many more steps than the failure did.
constexpr std::uint64_t kStepsFactor = 4;
constexpr std::uint64_t kStepsExtra = 50'000;

// A run that failed, and what it drew.
struct Failing {
  RunSource source;
  Draws plan;
  Draws schedule;
  Draws world;
};

// The places of draws that are not zero anyway.
std::vector<std::uint64_t> places_of(const Draws& draws) {
  std::vector<std::uint64_t> places;
  for (std::uint64_t i = 0; i < draws.size(); ++i) {
    if (draws[i] != 0) places.push_back(i);
  }
  return places;
}

// These places without those from `begin` to before `end`. What lies between two that are left is
// zero, and may as well be kept: few ranges make a short line.
Ranges ranges_without(const std::vector<std::uint64_t>& places, std::size_t begin,
                      std::size_t end) {
  Ranges ranges;
  if (begin > 0) ranges.push_back({places[0], places[begin - 1] + 1});
  if (end < places.size()) ranges.push_back({places[end], places.back() + 1});
  return ranges;
}

// The common part of two lists.
Ranges intersection(const Ranges& one, const Ranges& other) {
  Ranges both;
  for (std::size_t i = 0, j = 0; i < one.size() && j < other.size();) {
    const std::uint64_t first = std::max(one[i].first, other[j].first);
    const std::uint64_t end = std::min(one[i].end, other[j].end);
    if (first < end) both.push_back({first, end});
    one[i].end < other[j].end ? ++i : ++j;
  }
  return both;
}

// Without what the run has not read: the source is shorter, and the run the same.
void tidy(Failing& failing) {
  const auto tidy_ranges = [](std::optional<Ranges>& kept, const Draws& draws) {
    if (!kept) return;
    const std::vector<std::uint64_t> places = places_of(draws);
    kept = intersection(*kept, ranges_without(places, places.size(), places.size()));
  };
  tidy_ranges(failing.source.schedule, failing.schedule);
  tidy_ranges(failing.source.world, failing.world);
  if (!failing.source.plan) return;
  failing.source.plan = failing.plan;
  while (!failing.source.plan->empty() && failing.source.plan->back() == 0) {
    failing.source.plan->pop_back();
  }
}

class Shrinker {
 public:
  Shrinker(const RunFunction& run, const RunOutcome& outcome, const ShrinkOptions& options)
      : run_(run), options_(options), promise_(outcome.broken->promise), size_(outcome.size) {
    settings_.stacks = options.stacks;
    settings_.is_text_wanted = false;
    // Where too many steps are the failure itself, they stay as many.
    if (promise_ != "livelock") {
      settings_.steps_most = outcome.steps * kStepsFactor + kStepsExtra;
    }
  }

  Shrunk shrink(const RunSource& failing, const RunOutcome& outcome);

 private:
  enum class Part { kSchedule, kWorld };

  bool is_over();
  bool try_source(const RunSource& source);
  void try_without_seed();
  bool try_plan(Draws plan);
  bool shrink_plan();
  bool zero_parts_of_plan();
  bool lower_numbers_of_plan();
  bool shrink_draws(Part part);
  bool try_ranges(Part part, Ranges ranges);
  const Draws& draws_of(Part part) const {
    return part == Part::kSchedule ? best_.schedule : best_.world;
  }

  TimePoint moment() const { return options_.clock ? options_.clock() : now(); }

  const RunFunction& run_;
  const ShrinkOptions& options_;
  const std::string promise_;
  const RunSize size_;
  RunSettings settings_;
  const TimePoint start_ = moment();
  std::uint64_t runs_ = 0;
  bool is_over_ = false;
  Failing best_;
};

bool Shrinker::is_over() {
  if (runs_ >= options_.runs_most || moment() - start_ > options_.wall_time_most) is_over_ = true;
  return is_over_;
}

// Whether it fails in the same way; then it is the best one.
bool Shrinker::try_source(const RunSource& source) {
  if (is_over()) return false;
  ++runs_;
  RunTape tape(source);
  tape.start_recording();
  const RunOutcome outcome = run_(tape, settings_);
  if (!outcome.broken || outcome.broken->promise != promise_) return false;
  best_ = {source, tape.plan.draws(), tape.schedule.draws(), tape.world.draws()};
  tidy(best_);
  return true;
}

// Most failures need no luck, only the right plan: then there is nothing else to search.
void Shrinker::try_without_seed() {
  RunSource source = best_.source;
  source.plan = best_.plan;
  source.schedule = Ranges();
  source.world = Ranges();
  try_source(source);
}

// --- The plan

bool Shrinker::try_plan(Draws plan) {
  RunSource source = best_.source;
  const std::uint64_t seed = source.seed;
  source.plan = std::move(plan);
  const bool is_without_seed = source.schedule == Ranges() && source.world == Ranges();
  for (std::uint64_t i = 0; i <= (is_without_seed ? 0 : kOtherSeeds); ++i) {
    source.seed = seed + i;
    if (try_source(source)) return true;
  }
  return false;
}

// Ever smaller portions of it become zero, the last one first.
bool Shrinker::zero_parts_of_plan() {
  bool is_smaller = false;
  for (std::size_t size = best_.plan.size(); size > 0; size /= 2) {
    for (std::size_t end = best_.plan.size(); end > 0 && !is_over_; end -= std::min(end, size)) {
      Draws plan = best_.plan;
      end = std::min(end, plan.size());
      const auto begin = plan.begin() + static_cast<std::ptrdiff_t>(end - std::min(end, size));
      const auto stop = plan.begin() + static_cast<std::ptrdiff_t>(end);
      if (std::all_of(begin, stop, [](std::uint64_t value) { return value == 0; })) continue;
      std::fill(begin, stop, 0);
      is_smaller |= try_plan(std::move(plan));
    }
  }
  return is_smaller;
}

bool Shrinker::lower_numbers_of_plan() {
  bool is_smaller = false;
  for (std::size_t i = 0; i < best_.plan.size() && !is_over_; ++i) {
    auto lower = rc::shrink::towards(best_.plan[i], std::uint64_t{0});
    for (auto value = lower.next(); value && !is_over_; value = lower.next()) {
      Draws plan = best_.plan;
      plan[i] = *value;
      if (!try_plan(std::move(plan))) continue;
      is_smaller = true;
      if (i >= best_.plan.size()) break;
      lower = rc::shrink::towards(best_.plan[i], std::uint64_t{0});
    }
  }
  return is_smaller;
}

bool Shrinker::shrink_plan() {
  bool is_smaller = zero_parts_of_plan();
  while (!is_over_ && lower_numbers_of_plan()) is_smaller = true;
  return is_smaller;
}

// --- The schedule and the world

bool Shrinker::try_ranges(Part part, Ranges ranges) {
  RunSource source = best_.source;
  auto& kept = part == Part::kSchedule ? source.schedule : source.world;
  kept = kept ? intersection(*kept, ranges) : std::move(ranges);
  return try_source(source);
}

// Ever smaller portions of what is not zero become zero, the last one first: what comes before a
// change runs as it did.
bool Shrinker::shrink_draws(Part part) {
  bool is_smaller = false;
  std::vector<std::uint64_t> places = places_of(draws_of(part));
  for (std::size_t size = places.size(); size > 0 && !is_over_; size /= 2) {
    for (std::size_t end = places.size(); end > 0 && !is_over_;) {
      const std::size_t begin = end - std::min(end, size);
      if (try_ranges(part, ranges_without(places, begin, end))) {
        is_smaller = true;
        places = places_of(draws_of(part));
      }
      end = std::min(begin, places.size());
    }
  }
  return is_smaller;
}

Shrunk Shrinker::shrink(const RunSource& failing, const RunOutcome& outcome) {
  Shrunk shrunk{.source = failing, .outcome = outcome, .figures = {.from = size_, .to = size_}};
  if (try_source(failing)) {
    try_without_seed();
    for (bool is_smaller = true; is_smaller && !is_over_;) {
      is_smaller = shrink_plan();
      is_smaller |= shrink_draws(Part::kSchedule);
      is_smaller |= shrink_draws(Part::kWorld);
    }
    // Once more as everybody runs it, with words.
    RunTape tape(best_.source);
    RunOutcome told = run_(tape, {.stacks = options_.stacks});
    if (told.broken && told.broken->promise == promise_) {
      shrunk.source = best_.source;
      shrunk.figures.to = told.size;
      shrunk.outcome = std::move(told);
    }
  }
  shrunk.figures.runs = runs_;
  shrunk.figures.is_complete = !is_over_;
  return shrunk;
}

}  // namespace

Shrunk shrink(const RunFunction& run, const RunSource& failing, const RunOutcome& outcome,
              const ShrinkOptions& options) {
  return Shrinker(run, outcome, options).shrink(failing, outcome);
}

}  // namespace rookery::sim
