// agenda.cc
//
// The heap of timers. Equal deadlines come due together; the schedule decides who then runs first.

#include "simulations/scheduler/agenda.h"

namespace rookery::sim {

void Agenda::add_timer(Fiber& fiber, TimePoint deadline) {
  fiber.deadline = deadline;
  timers_.push_back(&fiber);
  sift_up(timers_.size() - 1);
  note_first();
}

void Agenda::remove_timer(Fiber& fiber) {
  const std::size_t index = fiber.timer_index;
  Fiber* last = timers_.back();
  timers_.pop_back();
  fiber.timer_index = kNowhere;
  if (last != &fiber) {
    place(index, *last);
    sift_up(index);
    sift_down(last->timer_index);
  }
  note_first();
}

void Agenda::place(std::size_t index, Fiber& fiber) {
  timers_[index] = &fiber;
  fiber.timer_index = static_cast<std::uint32_t>(index);
}

void Agenda::sift_up(std::size_t index) {
  Fiber& fiber = *timers_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (timers_[parent]->deadline <= fiber.deadline) break;
    place(index, *timers_[parent]);
    index = parent;
  }
  place(index, fiber);
}

void Agenda::sift_down(std::size_t index) {
  Fiber& fiber = *timers_[index];
  for (;;) {
    std::size_t child = 2 * index + 1;
    if (child >= timers_.size()) break;
    if (child + 1 < timers_.size() && timers_[child + 1]->deadline < timers_[child]->deadline) {
      ++child;
    }
    if (fiber.deadline <= timers_[child]->deadline) break;
    place(index, *timers_[child]);
    index = child;
  }
  place(index, fiber);
}

}  // namespace rookery::sim
