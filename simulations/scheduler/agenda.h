// agenda.h
//
// Who can run, who waits for a point in time, and what time it is: once for the world, and once
// more for each process that is drained after its death. Private to the scheduler.
#pragma once

#include <rookery/runtime/time_types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "simulations/scheduler/fiber.h"
#include "simulations/scheduler/strategy.h"
#include "simulations/scheduler/tape.h"

namespace rookery::sim {

class Agenda {
 public:
  Agenda(TimePoint start, Tape& tape_to_draw_from, Strategy& strategy_to_ask)
      : now(start), tape(&tape_to_draw_from), strategy(&strategy_to_ask) {}

  // A flat list; its order is a function of the run's history.
  void add_runnable(Fiber& fiber) {
    fiber.runnable_index = static_cast<std::uint32_t>(runnable.size());
    runnable.push_back(&fiber);
  }
  void remove_runnable(Fiber& fiber) {
    Fiber* last = runnable.back();
    runnable[fiber.runnable_index] = last;
    last->runnable_index = fiber.runnable_index;
    fiber.runnable_index = kNowhere;
    runnable.pop_back();
  }

  // A heap of fibers by deadline, each at most once.
  void add_timer(Fiber& fiber, TimePoint deadline);
  void remove_timer(Fiber& fiber);
  bool has_timer() const { return !timers_.empty(); }
  // The fiber with the earliest deadline.
  Fiber& first_timer() const { return *timers_.front(); }

  std::vector<Fiber*> runnable;
  TimePoint now;
  TimePoint next_due = kNever;  // the earliest deadline of the heap
  Tape* tape;
  Strategy* strategy;

 private:
  void place(std::size_t index, Fiber& fiber);
  void sift_up(std::size_t index);
  void sift_down(std::size_t index);
  void note_first() { next_due = timers_.empty() ? kNever : timers_.front()->deadline; }

  std::vector<Fiber*> timers_;
};

}  // namespace rookery::sim
