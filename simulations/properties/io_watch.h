// io_watch.h
//
// How the threads of a group's members wait for I/O: in slices that end with the call they are part
// of (C8 of coordination.md), never in a busy loop; and the heartbeat thread wakes for a cause.
//
// Part of GroupWatch, whose rules are its own: a violation ends the run under the promise's name.
// Clients that were not announced (producers) are not watched.
#pragma once

#include <rookery/runtime/time_types.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {

class IoWatch {
 public:
  void opened(const std::string& client) { clients_[client]; }

  // The calling thread waits for answers until `until`; TimePoint{}: it does not wait, having
  // something to do. `call_deadline`: of the call it is part of; kNever: none. `is_sliced`: H.
  void wait_began(const std::string& client, TimePoint until, TimePoint call_deadline,
                  bool is_sliced);
  // `has_come`: with an answer.
  void wait_ended(const std::string& client, bool has_come);

  // Something that may wake threads: an answer, a wake, a poll of the application.
  void woken(const std::string& client);
  // By H, which has begun to wait on conditions so often in its life.
  void beat_sent(const std::string& client, std::uint64_t waits);

 private:
  struct Waiting {
    TimePoint began{};
    std::uint64_t causes = 0;  // at that time
    bool waits = false;
    std::uint64_t in_vain = 0;  // in a row: no time passed, and nothing came
  };
  struct Client {
    std::uint64_t causes = 0;
    bool has_beaten = false;
    TimePoint beat_at{};
    std::uint64_t causes_at_beat = 0;
    std::uint64_t waits_at_beat = 0;
    std::map<std::string, Waiting> threads;  // by name
  };

  Client* find(const std::string& client);

  Scheduler& scheduler_ = *Scheduler::current();
  std::map<std::string, Client> clients_;
};

}  // namespace rookery::sim
