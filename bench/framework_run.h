// framework_run.h
//
// A server of ours over one topic, for as long as it takes to consume what is in it.
#pragma once

#include <rookery/instrumentation/events.h>
#include <rookery/processing/consumer.h>
#include <rookery/processing/server.h>
#include <rookery/routing/ordering.h>
#include <rookery/runtime/mutex.h>
#include <rookery/transport/transport.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "bench/rounds.h"

namespace rookery::bench {

// A group nobody else has.
std::string fresh_group();

// No other setting than its users' would be.
struct RunOptions {
  Ordering ordering = {};
  unsigned workers = 2;
};

// Over one topic.
class RunningServer {
 public:
  RunningServer(Transport& transport, const std::string& topic, ConsumerFactory consumer,
                const RunOptions& options = {});

  Status start() { return server_.start(); }
  // Stops and waits. Error: it did not end in order, or an error event came since the start.
  Status stop();
  std::uint64_t records() const { return server_.records_consumed(); }

 private:
  Monitor monitor_;
  Mutex mutex_{"bench.first_error", ranks::kLeaf};
  std::string first_error_;  // of the error events
  Server server_;
};

// Starts, consumes `total` records as `count` tells (null: the server's own count), stops. The
// turn's value is records a second, from the first to the last.
Result<Turn> consume_topic(RunningServer& server, std::uint64_t total,
                           const std::function<std::uint64_t()>& count = {});

}  // namespace rookery::bench
