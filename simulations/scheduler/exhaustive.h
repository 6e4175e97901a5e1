// exhaustive.h
//
// All schedules of a small program, up to a number of pre-emptions: what is not found there needs
// more of them.
//
//   const Exploration all = explore_schedules({.preemptions_most = 2}, [](Strategy& strategy) {
//     Tape tape = Tape::from_draws({});
//     Scheduler scheduler({}, tape, strategy);
//     return scheduler.run(program).failure.has_value();
//   });
//   EXPECT_TRUE(all.is_exhausted);
//
// Iterative context bounding (Musuvathi, Qadeer: PLDI 2007). Schedules without a pre-emption come
// first, then those with one, and so on: a failure is found with the fewest there are. A schedule
// is told by its departures from the plain one, in which a thread runs until it waits, and then the
// next in turn. Each is run once, and leads to those with one departure more, behind its last:
// depth-first within a number of pre-emptions. No state is kept but that. Those with one
// pre-emption more are taken from all over the run, so that also a part of them says something.
//
// Only the schedule is enumerated: what is drawn from tapes must be the same in every run. A loop
// that waits for another thread has to sleep, be it for no time: a sleep passes the turn on, and is
// no pre-emption.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string_view>
#include <vector>

#include "simulations/scheduler/strategy.h"

namespace rookery::sim {

// At a choice of this number (counted from 0, in one run), not the plain way but that many further.
struct Departure {
  std::uint64_t choice = 0;
  std::size_t way = 0;

  friend bool operator==(const Departure&, const Departure&) = default;
};
using Schedule = std::vector<Departure>;

// Runs one schedule, and notes where others branch off. No draws.
class ScheduleStrategy final : public Strategy {
 public:
  struct Branch {
    std::uint64_t choice = 0;
    std::size_t ways = 0;        // including the plain one, 0
    bool is_preemption = false;  // all ways but the plain one
  };

  // `schedule` outlives it.
  explicit ScheduleStrategy(const Schedule& schedule) : schedule_(schedule) {}
  std::size_t choose(const Runnable& runnable, ChoiceKind where) override;

  // Behind the last departure, in order.
  const std::vector<Branch>& branches() const { return branches_; }
  std::uint64_t choices() const { return choices_; }

 private:
  std::size_t plain_way(const Runnable& runnable, bool may_go_on);

  const Schedule& schedule_;
  std::size_t next_ = 0;  // of the departures
  std::uint64_t choices_ = 0;
  FiberId last_ = 0;
  std::vector<Branch> branches_;
};

struct ExploreOptions {
  std::uint64_t preemptions_most = 2;
  // How often another thread than the next in turn may follow one that waits. In a program that
  // waits often, all orders are too many: bounded like this, departures of either sort are delays
  // (Emmi, Qadeer, Rakamaric: POPL 2011).
  std::uint64_t turns_most = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t schedules_most = 1'000'000;
};

struct Exploration {
  // That were run, by their number of pre-emptions.
  std::vector<std::uint64_t> schedules;
  // Every schedule within the bounds was run, and none failed.
  bool is_exhausted = false;
  // The one that failed; the exploration ends there.
  bool has_failed = false;
  Schedule failing;
  std::uint64_t failing_preemptions = 0;
  std::uint64_t choices_most = 0;  // of one run

  std::uint64_t schedules_in_all() const;
};

// Whether the run fails. The same program each time, on a new scheduler.
using RunSchedule = std::function<bool(Strategy& strategy)>;

Exploration explore_schedules(const ExploreOptions& options, const RunSchedule& run);

}  // namespace rookery::sim
