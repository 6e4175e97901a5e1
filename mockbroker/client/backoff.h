// backoff.h
//
// How long to wait before the next try: doubling from a first delay to a maximum, a fifth of jitter
// from the runtime's dice, back to the first after a success.
//
// Not thread-safe: guarded by its owner.
#pragma once

#include <rookery/runtime/random.h>
#include <rookery/runtime/time_types.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace rookery::mock {

class Backoff {
 public:
  Backoff(Duration first, Duration most) : first_(first), most_(most), next_(first) {}

  // The delay before the next try: within 20 % of first, 2 * first, 4 * first ... most.
  Duration next() {
    const auto fifth = static_cast<std::uint64_t>(next_.count()) / 5;
    const std::uint64_t drawn = random_below(2 * fifth + 1);
    const Duration delay(next_.count() - static_cast<std::int64_t>(fifth) +
                         static_cast<std::int64_t>(drawn));
    next_ = std::min(most_, next_ * 2);
    return std::min(delay, most_);
  }
  void reset() { next_ = first_; }
  bool is_reset() const { return next_ == first_; }

 private:
  Duration first_;
  Duration most_;
  Duration next_;
};

}  // namespace rookery::mock
