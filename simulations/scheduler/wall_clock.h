// wall_clock.h
//
// How far a machine's wall clock is from the true time: it jumps, and it drifts. Monotonic time is
// not its business: that never jumps.
//
//   WallClock clock;
//   clock.jump(now, std::chrono::seconds(-40));   // 40 s behind
//   clock.drift(now, 500);                        // gains 500 us a second from now on
//   clock.deviation(now);
//
// A value; the caller says what time it is, which never runs back.
#pragma once

#include <rookery/runtime/time_types.h>

#include <cstdint>

namespace rookery::sim {

class WallClock {
 public:
  // Ahead of the true time; behind it when negative.
  Duration deviation(TimePoint now) const {
    return offset_ + Duration((now - since_).count() / kMillion * parts_per_million_ +
                              (now - since_).count() % kMillion * parts_per_million_ / kMillion);
  }
  void jump(TimePoint now, Duration by) {
    settle(now);
    offset_ += by;
  }
  // Millionths of the time that it gains; loses when negative.
  void drift(TimePoint now, std::int64_t parts_per_million) {
    settle(now);
    parts_per_million_ = parts_per_million;
  }
  void set_right() { *this = {}; }

  friend bool operator==(const WallClock&, const WallClock&) = default;

 private:
  static constexpr std::int64_t kMillion = 1'000'000;

  void settle(TimePoint now) {
    offset_ = deviation(now);
    since_ = now;
  }

  Duration offset_{0};
  std::int64_t parts_per_million_ = 0;
  TimePoint since_{};
};

}  // namespace rookery::sim
