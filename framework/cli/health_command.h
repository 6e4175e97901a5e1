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
  bool is_json = false;
};

inline constexpr const char* kHealthHelp =
    "ask a running server whether it is alive; exit code 0: it is, 1: it is not";

// Adds the options to the word.
void add_health_options(CLI::App& word, HealthCommandOptions& options);

struct HealthOutcome {
  bool is_healthy = false;
  std::string text;  // one line, with why not; or the answer itself, which is JSON in one line
};
// Errors: kTransport (nobody answers there), and those of read_health.
Result<HealthOutcome> ask_health(const HealthCommandOptions& options);

// What an answer means, by its HTTP status and body. Error: kState, it is from no Rookery server.
Result<HealthOutcome> read_health(const HealthCommandOptions& options, int status,
                                  const std::string& body);

}  // namespace rookery
