// profile.h
//
// How a simulated network behaves: how long messages take, how often connections break, what
// brokers answer instead of working. Integers only.
#pragma once

#include <rookery/runtime/time_types.h>

#include <chrono>
#include <cstdint>

namespace rookery::sim {

// A message takes latency_least and up to latency_spread more; one in slow_one_in takes up to
// slow_most besides. Zero for one_in means never.
struct NetworkProfile {
  Duration latency_least = std::chrono::microseconds(100);
  Duration latency_spread = std::chrono::microseconds(900);
  std::uint64_t slow_one_in = 0;
  Duration slow_most{0};
  // One in so many requests loses its connection: before it leaves, after it arrived, or in place
  // of its answer.
  std::uint64_t loss_one_in = 0;
  // One in so many requests is refused by the broker with an error that clients must retry.
  std::uint64_t error_one_in = 0;
};

// What the network did, over a run.
struct NetworkCounts {
  std::uint64_t requests = 0;             // handed to a broker
  std::uint64_t answers = 0;              // handed to a client
  std::uint64_t connections = 0;          // opened
  std::uint64_t refused = 0;              // connects to a broker that was down
  std::uint64_t lost_before_sending = 0;  // connections broken by chance, and when
  std::uint64_t lost_after_sending = 0;
  std::uint64_t lost_before_answer = 0;
  std::uint64_t reset_by_broker = 0;   // because it went down, or closed the connection
  std::uint64_t stalled_messages = 0;  // met a blocked link
  std::uint64_t slow_messages = 0;     // took more than the plain latency
  std::uint64_t delayed_answers = 0;   // by a slow broker
  std::uint64_t errors = 0;            // answered by the network in the broker's stead
};

}  // namespace rookery::sim
