// strategy.cc
//
// The strategies there are: random, and random that sticks to the running fiber.

#include "simulations/scheduler/strategy.h"

#include "simulations/scheduler/fiber.h"

namespace rookery::sim {

FiberId Runnable::id(std::size_t index) const { return fibers_[index]->id(); }

std::string_view Runnable::name(std::size_t index) const { return fibers_[index]->name; }

bool Runnable::may_race(std::size_t one, std::size_t other) const {
  const Fiber& a = *fibers_[one];
  const Fiber& b = *fibers_[other];
  if (a.touches != nullptr) return a.touches == b.touches;
  return a.reached == ChoiceKind::kAtomic && b.reached == ChoiceKind::kAtomic;
}

std::size_t RandomStrategy::choose(const Runnable& runnable, ChoiceKind /*where*/) {
  // Counted from the running fiber, so that zero is the plain case.
  const std::size_t chosen = runnable.current() + tape_.draw(runnable.size());
  return chosen < runnable.size() ? chosen : chosen - runnable.size();
}

std::size_t StickyRandomStrategy::choose(const Runnable& runnable, ChoiceKind /*where*/) {
  if (!runnable.current_can_run()) return tape_.draw(runnable.size());
  if (!tape_.one_in(switch_one_in_)) return runnable.current();
  const std::size_t chosen = runnable.current() + 1 + tape_.draw(runnable.size() - 1);
  return chosen < runnable.size() ? chosen : chosen - runnable.size();
}

}  // namespace rookery::sim
