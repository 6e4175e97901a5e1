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
#include <cstdint>

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

// From one time of the calendar to another; the longest Duration where it is longer than that: a
// timestamp is any number that a producer wrote, microseconds too.
constexpr Duration saturating_between(WallTime from, WallTime to) {
  using Milliseconds = WallTime::duration;
  constexpr std::int64_t kMost = std::chrono::duration_cast<Milliseconds>(Duration::max()).count();
  std::int64_t between = 0;
  if (__builtin_sub_overflow(to.time_since_epoch().count(), from.time_since_epoch().count(),
                             &between)) {
    return to < from ? Duration::min() : Duration::max();
  }
  if (between > kMost) return Duration::max();
  if (between < -kMost) return Duration::min();
  return Milliseconds(between);
}

}  // namespace rookery
