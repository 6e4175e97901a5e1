// health_server.h
//
// Answers Kubernetes' probes over HTTP, beside a server:
//
//   GET /live     200 while the process works, 500 when it is to be replaced
//   GET /ready    200 while the server is at work, 500 before, after, and when it is not alive
//   GET /metrics  for Prometheus (metrics.h)
//
// The bodies of the first two are JSON, the same for both but for "status". Answers come from what
// the server knows of itself: neither a broker that is away nor lag makes them 500.
//
// While it exists the process ignores SIGPIPE.
//
// Thread rules: start and end on one thread. It has threads of its own, and asks the server from
// them; the server outlives it.
#pragma once

#include <rookery/base/result.h>
#include <rookery/health/health.h>

#include <functional>
#include <memory>
#include <string>

namespace rookery {

class Server;

struct HealthOptions {
  std::string address = "0.0.0.0";  // all of IPv4; "::" is all of both where the system does so
  int port = 3000;                  // 0: any that is free
  HealthLimits limits = {};
  // The text that /metrics answers; empty: it answers 404.
  std::function<std::string()> metrics = {};
  // Listening has failed, and is tried again; on a thread of its own.
  std::function<void(const Error&)> on_error = {};
};

class HealthServer {
 public:
  // Listens when it returns. Errors: kInvalidArgument, kIo (the port is taken, or may not be used).
  static Result<std::unique_ptr<HealthServer>> start(const Server& server, HealthOptions options);
  // Waits for answers under way, at most five seconds.
  ~HealthServer();
  HealthServer(const HealthServer&) = delete;
  HealthServer& operator=(const HealthServer&) = delete;

  int port() const;

 private:
  class Impl;
  explicit HealthServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace rookery
