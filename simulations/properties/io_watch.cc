// io_watch.cc
//
// Waits against what they may be.
#include "simulations/properties/io_watch.h"

#include <rookery/base/duration.h>

#include <chrono>

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;

constexpr Duration kSliceMost = milliseconds(200);
// Between a look at the clock and the wait that follows from it: some steps.
constexpr Duration kMoment = std::chrono::microseconds(100);
// Two timers of one moment, and a clock that moved in between.
constexpr std::uint64_t kInVainMost = 4;
// Of wake-ups, besides twice their causes: spurious ones, and those that raced a deadline.
constexpr std::uint64_t kWakesFree = 16;

}  // namespace

IoWatch::Client* IoWatch::find(const std::string& client) {
  const auto found = clients_.find(client);
  return found == clients_.end() ? nullptr : &found->second;
}

void IoWatch::wait_began(const std::string& client, TimePoint until, TimePoint call_deadline,
                         bool is_sliced) {
  const Uninterrupted scope;
  Client* one = find(client);
  if (one == nullptr) return;
  const TimePoint at = scheduler_.time();
  Waiting& waiting = one->threads[std::string(scheduler_.fiber_name())];
  waiting.began = at;
  waiting.causes = one->causes;
  waiting.waits = until != TimePoint{};
  if (!waiting.waits) return;
  if (is_sliced && until - at > kSliceMost) {
    scheduler_.fail("waits for I/O are slices",
                    client + ": " + std::string(scheduler_.fiber_name()) + " waits for " +
                        (until == kNever ? "ever" : format_duration(until - at)) + " in one piece");
  }
  if (call_deadline != kNever && until > call_deadline + kMoment) {
    scheduler_.fail("the last slice is cut to the deadline",
                    client + ": " + std::string(scheduler_.fiber_name()) + " waits until " +
                        format_duration(until - call_deadline) + " after its call's deadline");
  }
}

void IoWatch::wait_ended(const std::string& client, bool has_come) {
  const Uninterrupted scope;
  Client* one = find(client);
  if (one == nullptr) return;
  Waiting& waiting = one->threads[std::string(scheduler_.fiber_name())];
  const bool is_idle = !has_come && waiting.waits && one->causes == waiting.causes &&
                       scheduler_.time() - waiting.began < kMoment;
  waiting.in_vain = is_idle ? waiting.in_vain + 1 : 0;
  if (waiting.in_vain <= kInVainMost) return;
  scheduler_.fail("nobody waits busily", client + ": " + std::string(scheduler_.fiber_name()) +
                                             " has waited for no time and nothing, " +
                                             std::to_string(waiting.in_vain) + " times in a row");
}

void IoWatch::woken(const std::string& client) {
  const Uninterrupted scope;
  if (Client* one = find(client)) ++one->causes;
}

void IoWatch::beat_sent(const std::string& client, std::uint64_t waits) {
  const Uninterrupted scope;
  Client* one = find(client);
  if (one == nullptr) return;
  const TimePoint at = scheduler_.time();
  if (one->has_beaten) {
    const std::uint64_t wakes = waits - one->waits_at_beat;
    const auto slices = static_cast<std::uint64_t>((at - one->beat_at) / kSliceMost);
    const std::uint64_t causes = one->causes - one->causes_at_beat + slices + 1;
    if (wakes > 2 * causes + kWakesFree) {
      scheduler_.fail("no wake-up without cause",
                      client + ": the heartbeat thread woke " + std::to_string(wakes) +
                          " times within " + format_duration(at - one->beat_at) + ", for " +
                          std::to_string(causes) + " causes");
    }
  }
  one->has_beaten = true;
  one->beat_at = at;
  one->causes_at_beat = one->causes;
  one->waits_at_beat = waits;
}

}  // namespace rookery::sim
