// strategies.cc
//
// Who runs next, by priority, by turn, or by chance with somebody missing.
#include "simulations/scheduler/strategies.h"

#include <array>

namespace rookery::sim {
namespace {

// Priorities of new threads lie in [0, kPriorities): few are equal.
constexpr std::uint64_t kPriorities = 1'000'000;

}  // namespace

PctStrategy::PctStrategy(Tape& tape, std::uint64_t changes, std::uint64_t horizon) : tape_(tape) {
  for (std::uint64_t i = 0; i < changes; ++i) changes_.insert(tape_.draw(horizon));
}

std::int64_t& PctStrategy::priority_of(FiberId fiber) {
  const auto [place, is_new] = priorities_.try_emplace(fiber, 0);
  if (is_new) place->second = static_cast<std::int64_t>(tape_.draw(kPriorities));
  return place->second;
}

std::size_t PctStrategy::choose(const Runnable& runnable, ChoiceKind /*where*/) {
  const bool is_change = changes_.contains(choices_++);
  if (is_change && runnable.current_can_run()) {
    priority_of(runnable.id(runnable.current())) = --fallen_;
  }
  std::size_t best = runnable.current();
  std::int64_t best_priority = priority_of(runnable.id(best));
  for (std::size_t i = 0; i < runnable.size(); ++i) {
    const std::int64_t priority = priority_of(runnable.id(i));
    if (priority <= best_priority) continue;
    best = i;
    best_priority = priority;
  }
  return best;
}

std::uint64_t PosStrategy::priority_of(FiberId fiber) {
  const auto [place, is_new] = priorities_.try_emplace(fiber, 0);
  if (is_new) place->second = tape_.draw(kPriorities);
  return place->second;
}

std::size_t PosStrategy::choose(const Runnable& runnable, ChoiceKind /*where*/) {
  std::size_t best = runnable.current();
  std::uint64_t best_priority = priority_of(runnable.id(best));
  for (std::size_t i = 0; i < runnable.size(); ++i) {
    const std::uint64_t priority = priority_of(runnable.id(i));
    if (priority <= best_priority) continue;
    best = i;
    best_priority = priority;
  }
  for (std::size_t i = 0; i < runnable.size(); ++i) {
    if (i == best || runnable.may_race(best, i)) priorities_.erase(runnable.id(i));
  }
  return best;
}

std::size_t RunUntilBlockedStrategy::choose(const Runnable& runnable, ChoiceKind /*where*/) {
  if (runnable.current_can_run()) return runnable.current();
  std::size_t first = 0;
  std::size_t next = runnable.size();
  for (std::size_t i = 0; i < runnable.size(); ++i) {
    if (runnable.id(i) < runnable.id(first)) first = i;
    const bool is_later = runnable.id(i) > last_;
    if (is_later && (next == runnable.size() || runnable.id(i) < runnable.id(next))) next = i;
  }
  const std::size_t chosen = next < runnable.size() ? next : first;
  last_ = runnable.id(chosen);
  return chosen;
}

Duration StarvationStrategy::hold_back() {
  if (times_ == options_.times_most || !tape_.one_in(options_.starve_one_in)) return {};
  ++times_;
  return Duration(static_cast<std::int64_t>(
      tape_.draw(static_cast<std::uint64_t>(options_.longest.count()) + 1)));
}

std::unique_ptr<Strategy> make_strategy(StrategyKind kind, Tape& plan, Tape& schedule) {
  if (kind == StrategyKind::kDrawn) {
    constexpr std::array kKinds = {StrategyKind::kSticky, StrategyKind::kStarvation,
                                   StrategyKind::kPct, StrategyKind::kRandom};
    kind = kKinds[plan.draw(kKinds.size())];
  }
  // How long a thread goes on undisturbed: long stretches and quick changes find different things.
  constexpr std::uint64_t kSwitchOneIn[] = {64, 16, 4};
  switch (kind) {
    case StrategyKind::kRunUntilBlocked:
      return std::make_unique<RunUntilBlockedStrategy>();
    case StrategyKind::kPct: {
      // Bugs lie anywhere: the changes are spread over short runs or long ones.
      constexpr std::uint64_t kHorizons[] = {1'000, 4'000, 16'000};
      const std::uint64_t changes = 2 + plan.draw(30);
      return std::make_unique<PctStrategy>(schedule, changes,
                                           kHorizons[plan.draw(std::size(kHorizons))]);
    }
    case StrategyKind::kStarvation: {
      constexpr std::uint64_t kStarveOneIn[] = {1'000, 300, 100};
      StarvationStrategy::Options options;
      options.switch_one_in = kSwitchOneIn[plan.draw(std::size(kSwitchOneIn))];
      options.starve_one_in = kStarveOneIn[plan.draw(std::size(kStarveOneIn))];
      return std::make_unique<StarvationStrategy>(schedule, options);
    }
    case StrategyKind::kSticky:
      return std::make_unique<StickyRandomStrategy>(
          schedule, kSwitchOneIn[plan.draw(std::size(kSwitchOneIn))]);
    case StrategyKind::kPos:
      return std::make_unique<PosStrategy>(schedule);
    case StrategyKind::kDrawn:
    case StrategyKind::kRandom:
      break;
  }
  return std::make_unique<RandomStrategy>(schedule);
}

const char* name(StrategyKind kind) {
  switch (kind) {
    case StrategyKind::kDrawn:
      return "drawn";
    case StrategyKind::kRandom:
      return "random";
    case StrategyKind::kSticky:
      return "sticky";
    case StrategyKind::kPct:
      return "pct";
    case StrategyKind::kStarvation:
      return "starvation";
    case StrategyKind::kRunUntilBlocked:
      return "run_until_blocked";
    case StrategyKind::kPos:
      return "pos";
  }
  return "?";
}

}  // namespace rookery::sim
