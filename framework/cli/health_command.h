// health_command.h
//
// The health command: asks the probe of a server that runs, for people, and for probes that run a
// command.
//
// Thread rules: waits for the answer, at most ten seconds.
#pragma once

#include <rookery/base/result.h>

#include <string>

namespace CLI {
class App;
}

namespace rookery {

struct HealthCommandOptions {
  std::string address = "127.0.0.1";
  int port = 3000;
  bool asks_ready = false;  // /ready instead of /live
};

inline constexpr const char* kHealthHelp =
    "ask a server that runs whether it is alive; exit code 0: it is";

// Adds the options to the word.
void add_health_options(CLI::App& word, HealthCommandOptions& options);

struct HealthOutcome {
  bool is_healthy = false;
  std::string body;  // as it was answered
};
// Errors: kTransport (nobody answers there).
Result<HealthOutcome> ask_health(const HealthCommandOptions& options);

}  // namespace rookery
