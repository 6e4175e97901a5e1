// health.h
//
// What a server's signs of life mean: alive, ready, and in which words a probe is answered
// (semantics.md, section 10).
//
// Thread rules: pure functions.
#pragma once

#include <rookery/processing/vitals.h>
#include <rookery/runtime/time.h>

#include <string>

namespace rookery {

struct HealthLimits {
  // How long a control thread may go without a tick, and code of a consumer's may run.
  Duration polling_ttl = std::chrono::minutes(5);
  Duration consuming_ttl = std::chrono::minutes(5);
};

struct Health {
  bool is_polling_ttl_exceeded = false;
  bool is_consumption_ttl_exceeded = false;
  std::string unrecoverable;  // the class of the error that stops the server; empty: none
  bool is_running = false;    // started, and not told to stop

  // /live: this process is to be replaced when it says no. A server that ends in order is alive.
  bool is_alive() const {
    return !is_polling_ttl_exceeded && !is_consumption_ttl_exceeded && unrecoverable.empty();
  }
  // /ready: alive, and at work.
  bool is_ready() const { return is_alive() && is_running; }
};

Health examine(const Vitals& vitals, const HealthLimits& limits);

// The answer to a probe, in one line.
struct HealthAnswer {
  bool is_healthy = false;
  WallTime time;
  int port = 0;
  int process_id = 0;
};
std::string to_json(const Health& health, const HealthAnswer& answer);

}  // namespace rookery
