// left_behind.h
//
// What fibers that were abandoned still stand on: nobody can destroy it, and leak checkers are told
// so. A scheduler abandons its fibers when its run fails.
//
//   const std::optional<RunResult> end = scheduler.go_on(horizon);
//   if (end && end->failure) leave_behind(std::move(server));
#pragma once

#include <memory>

#include "simulations/scheduler/sanitizers.h"

namespace rookery::sim {

// Never destroys it; what it refers to is not reported as leaked, either. Null is nothing to leave.
template <typename T>
void leave_behind(std::unique_ptr<T> what) {
  if (what) ignore_leak(what.release());
}

}  // namespace rookery::sim
