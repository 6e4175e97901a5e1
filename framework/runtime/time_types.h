// time_types.h
//
// The project's types for time, without any way to read a clock. `time.h` adds the clocks; code
// that is told the time (mockbroker/cluster, pure logic) includes only this.
//
//   TimePoint  a point on the monotonic clock: what every deadline is
//   WallTime   a point on the calendar, in milliseconds: what a record's timestamp is
//   Duration   nanoseconds

#pragma once

#include <chrono>

namespace rookery {

// A tag, not a clock: it has no now(). Points of it cannot be mixed with those of a standard clock
// by accident.
struct Monotonic {};

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<Monotonic, Duration>;
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// A deadline that does not come.
inline constexpr TimePoint kNever = TimePoint::max();

// `start + duration`, except that what would pass the end of time is kNever, and a negative
// duration counts as zero.
constexpr TimePoint saturating_add(TimePoint start, Duration duration) {
  if (duration <= Duration::zero()) return start;
  if (start > kNever - duration) return kNever;
  return start + duration;
}

}  // namespace rookery
