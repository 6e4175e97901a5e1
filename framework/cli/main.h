// main.h
//
// The command line of a Rookery program: its main() in one line.
//
//   int main(int argc, char** argv) { return rookery::main(billing_app, argc, argv); }
//
// Commands: server (run until a signal), routes (print and check them; routes.h), topics (declared
// ones, and the cluster brought to that; topics.h), groups (of the cluster; groups.h), read
// (records of any topic; read.h), dlq (list, show and send back dead letters; dlq.h), segments
// (move offsets between a group and its segments; segments.h), config (settings; config_options.h),
// info (versions and the cluster; info.h), health (ask a server that runs; health_command.h),
// simulate (under faults, where the binary links the simulator; main_options.h), completion (for
// shells; completion.h), and those the program adds. No argument prints help; an unknown word is
// one line of error and exit code 1.
#pragma once

#include <rookery/cli/main_options.h>
#include <rookery/health/health_server.h>
#include <rookery/instrumentation/log.h>
#include <rookery/routing/app.h>
#include <rookery/transport/transport.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace rookery {

// Never throws; errors are one clear line each on standard error.
int main(const std::function<App()>& app, int argc, char** argv, MainOptions options = {});

// What the server command does, for programs that are several things in one process: runs the app
// on the transport until INT, TERM or QUIT; TSTP makes it quiet; TTIN writes all stacks and the
// server's picture to standard error. Logs to standard error.
struct RunOptions {
  std::vector<std::size_t> segments = {};  // as ServerOptions
  LogOptions log = {};
  // Answers Kubernetes' probes (health_server.h); none: nobody listens.
  std::optional<HealthOptions> health = {};
  // Routes of the program that this process does not run (route_filter.h): the log says so.
  std::vector<std::string> left_out = {};
};
int run_server(App app, Transport& transport, const RunOptions& options = {});

}  // namespace rookery
