// client_statistics.h
//
// What a client of Kafka's knows of its queue and its brokers, for metrics. Transports that have
// nothing of the kind say nothing.
#pragma once

#include <rookery/runtime/time_types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace rookery {

struct ClientStatistics {
  // Records that were sent and are not reported yet, whether they wait or are under way; their
  // keys, values and headers. None: no producer.
  struct Queue {
    std::size_t records = 0;
    std::size_t bytes = 0;
  };
  std::optional<Queue> queue;

  // From the sending of a request to its answer: of a fetch, the time that a broker waits for
  // records is part of it.
  struct RoundTrips {
    std::uint64_t count = 0;  // since the client was made
    Duration sum{};           // of all of them
    // Of the last interval of statistics (statistics.interval.ms; of a cooperative consumer 100 ms)
    // that had any.
    Duration median{};
    Duration p99{};
  };
  struct Broker {
    std::int32_t node = -1;
    bool is_connected = false;
    std::optional<RoundTrips> round_trips;  // none: not measured
  };
  // That it was ever connected to, or tried to be, and that are not known to have left; by node.
  std::vector<Broker> brokers;
};

}  // namespace rookery
