// time.h
//
// The clocks, and waiting for one. On a fiber the clocks are the simulation's, and reading them is
// a choice point.
//
//   TimePoint deadline = deadline_in(std::chrono::seconds(5));
//   while (now() < deadline) ...
//
// Thread rules: anything here may be called from any thread or fiber.

#pragma once

#include <rookery/runtime/fiber_runtime.h>
#include <rookery/runtime/time_types.h>

namespace rookery {

namespace detail {
TimePoint os_now();
WallTime os_wall_now();
WallTime os_wall_now_to_the_tick();
void os_sleep_until(TimePoint deadline);
}  // namespace detail

// The monotonic clock. Never falls.
inline TimePoint now() {
  if (FiberRuntime* runtime = current_runtime()) [[unlikely]]
    return runtime->now();
  return detail::os_now();
}

// The calendar. May jump either way.
inline WallTime wall_now() {
  if (FiberRuntime* runtime = current_runtime()) [[unlikely]]
    return runtime->wall_now();
  return detail::os_wall_now();
}

// The same to the tick of the operating system's timer (4 ms on Debian), and never later, for a
// tenth of the cost: for what is stamped a million times a second.
inline WallTime wall_now_to_the_tick() {
  if (FiberRuntime* runtime = current_runtime()) [[unlikely]]
    return runtime->wall_now();
  return detail::os_wall_now_to_the_tick();
}

// now() + duration; kNever where that would overflow, so Duration::max() means no deadline.
// Negative counts as zero.
inline TimePoint deadline_in(Duration duration) { return saturating_add(now(), duration); }

// Returns once now() >= deadline. With kNever it does not return.
inline void sleep_until(TimePoint deadline) {
  if (FiberRuntime* runtime = current_runtime()) [[unlikely]] {
    runtime->sleep_until(deadline);
    return;
  }
  detail::os_sleep_until(deadline);
}

}  // namespace rookery
