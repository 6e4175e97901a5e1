// watch.cc
//
// Looks once in a millisecond: a run lasts several hundred.
#include "bench/watch.h"

#include <string>

namespace rookery::bench {
namespace {

constexpr Duration kInterval = std::chrono::milliseconds(1);

}  // namespace

std::uint64_t Tally::records() const {
  std::uint64_t all = 0;
  for (const Slot& slot : slots_) all += slot.records_.load(std::memory_order_relaxed);
  return all;
}

std::uint64_t Tally::sum() const {
  std::uint64_t all = 0;
  for (const Slot& slot : slots_) all += slot.sum_.load(std::memory_order_relaxed);
  return all;
}

Result<Turn> watch(const std::function<std::uint64_t()>& count, std::uint64_t total,
                   Duration patience) {
  const TimePoint deadline = deadline_in(patience);
  // The first look that saw a record; until then the last one that saw none.
  std::uint64_t first = 0;
  TimePoint begin = now();
  for (;;) {
    const std::uint64_t seen = count();
    const TimePoint time = now();
    if (seen >= total) {
      const double seconds = std::chrono::duration<double>(time - begin).count();
      return Turn{.seconds = seconds, .value = static_cast<double>(seen - first) / seconds};
    }
    if (first == 0) {
      first = seen;
      begin = time;
    }
    if (time >= deadline) {
      return fail(ErrorCode::kTimedOut,
                  std::to_string(seen) + " of " + std::to_string(total) + " records came in time");
    }
    sleep_until(saturating_add(time, kInterval));
  }
}

}  // namespace rookery::bench
