// vitals.h
//
// Signs of life of a server, for probes (rookery/health/health_server.h). They ask nobody outside
// the process: neither a broker that is away nor lag makes a server ill.
#pragma once

#include <rookery/base/topic_partition.h>
#include <rookery/runtime/time_types.h>

#include <optional>
#include <string>
#include <vector>

namespace rookery {

struct Vitals {
  // A control thread that has not ended in order. It ticks once a second, or a few seconds later
  // when it has something to do, whatever its broker does and however long consumers take.
  struct ControlThread {
    std::string group;
    Duration since_tick{};
  };
  std::vector<ControlThread> control_threads;  // one for each group

  // Code of a consumer's that runs now: the longest of all partitions that the server owns. Seen
  // from the first look of the control thread on, so up to a second less.
  struct Run {
    TopicPartition partition;
    Offset offset = -1;  // its first record; -1: a hook (initialized, revoked, tick ...)
    std::string hook;    // its name; empty: consume
    Duration lasts{};
  };
  std::optional<Run> longest_run;

  bool is_running = false;    // started, and not told to stop
  std::string unrecoverable;  // the class of the error that stops it; empty: none
};

}  // namespace rookery
