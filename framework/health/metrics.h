// metrics.h
//
// What Prometheus scrapes of a server.
//
//   Metrics metrics(monitor);                                   // before the server starts
//   Server server(app, transport, {.monitor = &monitor, .run_times = &metrics.run_times()});
//   metrics.text(server)
//
// Values of partitions are those of the moment: what was revoked is not told any more. Counters and
// histograms go on from the program's start. docs/health.md has the list.
//
// Thread rules: any thread. The monitor may outlive it; it outlives the server.
#pragma once

#include <rookery/instrumentation/events.h>
#include <rookery/instrumentation/run_times.h>

#include <memory>
#include <string>

namespace rookery {

class Server;

class Metrics {
 public:
  // Subscribes.
  explicit Metrics(Monitor& monitor);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  RunTimes& run_times() { return run_times_; }

  // In Prometheus' text format 0.0.4.
  std::string text(const Server& server) const;

 private:
  class Counts;

  const std::shared_ptr<Counts> counts_;  // the listener's, too
  RunTimes run_times_;
};

}  // namespace rookery
