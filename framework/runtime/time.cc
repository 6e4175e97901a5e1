// time.cc
//
// The operating system's clocks. Monotonic has the origin of steady_clock, so that
// condition_variable.cc can hand a deadline to the standard library unchanged.

#include <rookery/runtime/time.h>

#include <time.h>

#include <chrono>
#include <thread>

namespace rookery::detail {

static_assert(std::chrono::steady_clock::period::den == Duration::period::den &&
              std::chrono::steady_clock::period::num == Duration::period::num);

TimePoint os_now() { return TimePoint(std::chrono::steady_clock::now().time_since_epoch()); }

WallTime os_wall_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

WallTime os_wall_now_to_the_tick() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
  return WallTime(std::chrono::seconds(time.tv_sec) +
                  std::chrono::milliseconds(time.tv_nsec / 1'000'000));
}

void os_sleep_until(TimePoint deadline) {
  std::this_thread::sleep_until(std::chrono::steady_clock::time_point(deadline.time_since_epoch()));
}

}  // namespace rookery::detail
