// exhaustive.cc
//
// A tree of schedules: below each, those with one departure more.
#include "simulations/scheduler/exhaustive.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace rookery::sim {
namespace {

// That wait for the next bound: what is run of them is to be a fair part, if not all.
constexpr std::uint64_t kKeptLeast = 50'000;

struct Branched {
  Schedule schedule;
  std::uint64_t turns = 0;  // departures that are no pre-emptions
};

// In an order that begins anywhere and leaves no region for last: when time is up, pre-emptions
// were tried all over the run.
std::vector<Branched> scattered(std::vector<Branched> all) {
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [](std::size_t index) { return index * 0x9e3779b97f4a7c15ULL; };
  std::sort(order.begin(), order.end(),
            [&key](std::size_t a, std::size_t b) { return key(a) < key(b); });
  std::vector<Branched> result;
  result.reserve(all.size());
  for (const std::size_t index : order) result.push_back(std::move(all[index]));
  return result;
}

class Explorer {
 public:
  Explorer(const ExploreOptions& options, const RunSchedule& run) : options_(options), run_(run) {}

  Exploration explore() {
    waiting_.push_back({});
    for (std::uint64_t bound = 0; bound <= options_.preemptions_most; ++bound) {
      found_.schedules.push_back(0);
      if (!explore_bound(bound)) return found_;
      waiting_ = scattered(std::exchange(of_next_bound_, {}));
    }
    found_.is_exhausted = !is_cut_;
    return found_;
  }

 private:
  // Whether to go on with the next.
  bool explore_bound(std::uint64_t bound) {
    while (!waiting_.empty()) {
      if (left() == 0) return false;
      const Branched one = std::move(waiting_.back());
      waiting_.pop_back();
      ++found_.schedules.back();
      ++runs_;
      ScheduleStrategy strategy(one.schedule);
      const bool has_failed = run_(strategy);
      found_.choices_most = std::max(found_.choices_most, strategy.choices());
      if (has_failed) {
        found_.has_failed = true;
        found_.failing = one.schedule;
        found_.failing_preemptions = bound;
        return false;
      }
      branch(one, strategy.branches(), bound);
    }
    return true;
  }

  void branch(const Branched& from, const std::vector<ScheduleStrategy::Branch>& branches,
              std::uint64_t bound) {
    for (const ScheduleStrategy::Branch& branch : branches) {
      if (branch.is_preemption && bound == options_.preemptions_most) continue;
      if (!branch.is_preemption && from.turns == options_.turns_most) continue;
      std::vector<Branched>& place = branch.is_preemption ? of_next_bound_ : waiting_;
      for (std::size_t way = 1; way < branch.ways; ++way) {
        const std::uint64_t most = branch.is_preemption ? std::max(left(), kKeptLeast) : left();
        if (place.size() >= most) {
          is_cut_ = true;  // hardly any of them would be run
          break;
        }
        Branched& one = place.emplace_back(from);
        one.schedule.push_back({branch.choice, way});
        if (!branch.is_preemption) ++one.turns;
      }
    }
  }

  std::uint64_t left() const { return options_.schedules_most - runs_; }

  const ExploreOptions options_;
  const RunSchedule& run_;
  Exploration found_;
  std::uint64_t runs_ = 0;
  bool is_cut_ = false;
  std::vector<Branched> waiting_;  // the last is the next
  std::vector<Branched> of_next_bound_;
};

}  // namespace

std::size_t ScheduleStrategy::plain_way(const Runnable& runnable, bool may_go_on) {
  if (may_go_on) return runnable.current();
  std::size_t first = 0;
  std::size_t next = runnable.size();
  for (std::size_t i = 0; i < runnable.size(); ++i) {
    if (runnable.id(i) < runnable.id(first)) first = i;
    const bool is_later = runnable.id(i) > last_;
    if (is_later && (next == runnable.size() || runnable.id(i) < runnable.id(next))) next = i;
  }
  return next < runnable.size() ? next : first;
}

std::size_t ScheduleStrategy::choose(const Runnable& runnable, ChoiceKind where) {
  const std::uint64_t choice = choices_++;
  const bool may_go_on = runnable.current_can_run() && where != ChoiceKind::kSleep;
  std::size_t chosen = plain_way(runnable, may_go_on);
  if (next_ < schedule_.size()) {
    if (schedule_[next_].choice == choice) {
      chosen = (chosen + schedule_[next_].way) % runnable.size();
      ++next_;
    }
  } else {
    branches_.push_back({choice, runnable.size(), may_go_on});
  }
  last_ = runnable.id(chosen);
  return chosen;
}

std::uint64_t Exploration::schedules_in_all() const {
  std::uint64_t all = 0;
  for (const std::uint64_t count : schedules) all += count;
  return all;
}

Exploration explore_schedules(const ExploreOptions& options, const RunSchedule& run) {
  return Explorer(options, run).explore();
}

}  // namespace rookery::sim
