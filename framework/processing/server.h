// server.h
//
// Runs an App: connections, workers, commits, shutdown in order.
//
//   Server server(billing_app(), transport);
//   if (Status started = server.start(); !started) ...   // every mistake of the routes, one a line
//   ...
//   server.stop();                                        // from any thread
//   ExitCode code = server.wait();
//
// Thread rules: start once; stop, quiet and the queries from any thread, from consumers and
// listeners too (not from a signal handler); wait from one thread, not from a consumer or listener.
// The transport and the monitor outlive the server.
#pragma once

#include <rookery/base/result.h>
#include <rookery/instrumentation/events.h>
#include <rookery/instrumentation/run_times.h>
#include <rookery/processing/progress.h>
#include <rookery/processing/server_statistics.h>
#include <rookery/processing/vitals.h>
#include <rookery/routing/app.h>
#include <rookery/transport/transport.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rookery {

enum class ExitCode : int {
  kClean = 0,
  kStartupError = 1,
  kForced = 2,  // work did not end within shutdown_timeout, a client failed or did not close
};

struct ServerOptions {
  std::string id;              // in its events; empty: "<client_id>-<random hex>"
  Monitor* monitor = nullptr;  // null: events go nowhere
  // Where it is noted how long consumers run; null: nowhere. It outlives the server.
  RunTimes* run_times = nullptr;
  // Which segments of groups that have parallel segments run here, by number; empty: all. Groups
  // without run all the same.
  std::vector<std::size_t> segments = {};
  // What the program has and this server does not run, as text; its start tells of it.
  std::vector<std::string> left_out = {};
};

class Server {
 public:
  Server(App app, Transport& transport, ServerOptions options = {});
  // Stops and waits, if that has not happened, also for consumers that outlived shutdown_timeout:
  // their threads cannot be left behind, nor can records whose Completion is neither finished nor
  // dropped. Until it returns they may stop and ask the server.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Checks the routes and makes the clients; brokers may be away. Errors: kInvalidConfig, one
  // mistake a line; kState after stop(). After an error nothing runs, and wait() answers
  // kStartupError at once.
  Status start();

  // Stop in order: no new batches, running work ends, shutdown callbacks, commits, groups left,
  // producers closed. Returns at once; idempotent.
  void stop();
  // Take nothing more, but stay in the groups. Idempotent.
  void quiet();

  // Until stopped (or until a fatal client error stopped it).
  ExitCode wait();

  const std::string& id() const;
  // Records whose consume returned, over all partitions and attempts.
  std::uint64_t records_consumed() const;
  // Of all partitions it owns at the moment, by group, then in the order they came.
  std::vector<PartitionProgress> progress() const;
  // Of those among them that are not given away yet.
  std::vector<PartitionGauges> gauges() const;
  // Signs of life, for probes. Waits for no broker and no consumer.
  Vitals vitals() const;
  // Of its clients, the producer's last; empty before the start.
  std::vector<ServerStatistics> statistics() const;
  // A readable picture of all connections and partitions, for diagnosis.
  std::string describe() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rookery
