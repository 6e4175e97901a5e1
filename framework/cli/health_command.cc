// health_command.cc
//
// The question to a probe, and what is said when nobody answers.
#include <rookery/cli/health_command.h>

#include <httplib.h>
#include <CLI/CLI.hpp>

namespace rookery {
namespace {

constexpr int kPatienceSeconds = 10;
constexpr int kOk = 200;

}  // namespace

void add_health_options(CLI::App& word, HealthCommandOptions& options) {
  word.add_option("--address", options.address, "where it listens; default 127.0.0.1")
      ->type_name("HOST");
  word.add_option("--port", options.port, "its --health-port; default 3000")
      ->type_name("PORT")
      ->check(CLI::Range(1, 65'535));
  word.add_flag("--ready", options.asks_ready, "ask whether it is at work, too");
}

Result<HealthOutcome> ask_health(const HealthCommandOptions& options) {
  httplib::Client client(options.address, options.port);
  client.set_connection_timeout(kPatienceSeconds);
  client.set_read_timeout(kPatienceSeconds);
  const httplib::Result answer = client.Get(options.asks_ready ? "/ready" : "/live");
  if (!answer) {
    return fail(ErrorCode::kTransport, "nobody answers at " + options.address + ":" +
                                           std::to_string(options.port) + " (" +
                                           httplib::to_string(answer.error()) +
                                           "): is a server running there with --health-port?");
  }
  return HealthOutcome{.is_healthy = answer->status == kOk, .body = answer->body};
}

}  // namespace rookery
