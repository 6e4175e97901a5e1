// profile.h
//
// How a simulated network behaves: how long messages take, how often connections break, what
// brokers answer instead of working, what becomes of answers. Integers only.
#pragma once

#include <rookery/runtime/time_types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rookery::sim {

// One api's requests are refused with one of the errors that it may answer and that clients must
// retry (see api_errors.h). Both numbers are taken modulo what there is.
struct ApiTrouble {
  std::size_t api = 0;  // its place in kFaultyApis
  std::size_t error = 0;
  std::uint64_t one_in = 0;
};

// A message takes latency_least and up to latency_spread more; one in slow_one_in takes up to
// slow_most besides. Zero for one_in means never.
struct NetworkProfile {
  Duration latency_least = std::chrono::microseconds(100);
  Duration latency_spread = std::chrono::microseconds(900);
  std::uint64_t slow_one_in = 0;
  Duration slow_most{0};

  // One in so many requests loses its connection: at any of three places, or at the one named.
  std::uint64_t loss_one_in = 0;
  std::uint64_t loss_before_sending_one_in = 0;  // it never arrives
  std::uint64_t loss_after_sending_one_in = 0;   // it arrives, and is worked at
  std::uint64_t loss_before_answer_one_in = 0;   // in place of its answer

  // One in so many requests is refused by the broker with an error that clients must retry.
  std::uint64_t error_one_in = 0;
  std::vector<ApiTrouble> api_troubles = {};

  // One in so many answers is held until release_held_answers(), and all behind it on its
  // connection; takes up to late_most longer; never comes, nor does anything on its connection
  // after it, until the client closes it or close_silent_connections().
  std::uint64_t held_one_in = 0;
  std::uint64_t late_one_in = 0;
  Duration late_most{0};
  std::uint64_t swallowed_one_in = 0;
  // After one in so many answers the broker looks at nothing of that connection for up to so long
  // (a quota: KIP-219 answers at once and mutes the connection).
  std::uint64_t throttle_one_in = 0;
  Duration throttle_most{0};
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
  std::uint64_t reset_by_broker = 0;    // because it went down, or closed the connection
  std::uint64_t stalled_messages = 0;   // met a blocked link
  std::uint64_t slow_messages = 0;      // took more than the plain latency
  std::uint64_t delayed_answers = 0;    // by a slow broker
  std::uint64_t errors = 0;             // answered by the network in the broker's stead
  std::uint64_t api_errors = 0;         // those of api_troubles
  std::uint64_t held_answers = 0;       // the first of a connection counts
  std::uint64_t late_answers = 0;       // took more than others, by late_one_in
  std::uint64_t swallowed_answers = 0;  // the first of a connection counts
  std::uint64_t throttled = 0;          // connections muted for a while
  std::uint64_t paused_requests = 0;    // arrived at a node that was paused
  std::uint64_t wrong_times = 0;        // requests handled by a node whose wall clock was wrong
};

}  // namespace rookery::sim
