// health_command.cc
//
// The question to a probe, and what is said when nobody answers.
#include <rookery/cli/health_command.h>

#include <rookery/cli/common_options.h>
#include <rookery/cli/printable.h>

#include <httplib.h>
#include <CLI/CLI.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace rookery {
namespace {

constexpr int kPatienceSeconds = 10;
constexpr int kOk = 200;

using Json = nlohmann::json;

std::string place_of(const HealthCommandOptions& options) {
  return options.address + ":" + std::to_string(options.port);
}

// Why a probe says no, by the answer's own words (health.h).
std::string reasons_of(const Json& errors) {
  std::string all;
  const auto add = [&all](const std::string& reason) { all += (all.empty() ? "" : "; ") + reason; };
  if (errors.value("polling_ttl_exceeded", false)) {
    add("a group's control thread is silent for longer than health.polling_ttl");
  }
  if (errors.value("consumption_ttl_exceeded", false)) {
    add("a consumer runs for longer than health.consuming_ttl");
  }
  if (errors.contains("unrecoverable") && errors["unrecoverable"].is_string()) {
    add("it cannot go on: " + errors["unrecoverable"].get<std::string>());
  }
  return all.empty() ? "it starts, or it ends" : all;
}

std::string text_of(const Json& answer, bool is_healthy, const HealthCommandOptions& options) {
  std::string text = std::string(is_healthy ? "" : "not ") +
                     (options.asks_ready ? "ready" : "alive") + ": process " +
                     std::to_string(answer.value("process_id", 0)) + " at " + place_of(options);
  if (!is_healthy) text += ": " + reasons_of(answer["errors"]);
  return one_line(text);
}

}  // namespace

void add_health_options(CLI::App& word, HealthCommandOptions& options) {
  word.add_option("--address", options.address,
                  "the address on which it listens; default 127.0.0.1")
      ->type_name("HOST");
  word.add_option("--port", options.port, "its --health-port (health.port); default 3000")
      ->type_name("PORT")
      ->check(CLI::Range(1, 65'535));
  word.add_flag("--ready", options.asks_ready,
                "ask whether it is at work, too: it has started, and was not told to stop");
  add_format_option(word, options.is_json, "text, or json as the probe answers");
  word.footer(
      "Examples:\n"
      "  health\n"
      "  health --port 3001 --ready --format json");
}

Result<HealthOutcome> ask_health(const HealthCommandOptions& options) {
  httplib::Client client(options.address, options.port);
  client.set_connection_timeout(kPatienceSeconds);
  client.set_read_timeout(kPatienceSeconds);
  const httplib::Result answer = client.Get(options.asks_ready ? "/ready" : "/live");
  if (!answer) {
    return fail(ErrorCode::kTransport, "nobody answers at " + place_of(options) + " (" +
                                           httplib::to_string(answer.error()) +
                                           "): is a server running there with --health-port?");
  }
  return read_health(options, answer->status, answer->body);
}

Result<HealthOutcome> read_health(const HealthCommandOptions& options, int status,
                                  const std::string& body) {
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("errors") || !json["errors"].is_object()) {
    return fail(ErrorCode::kState, "what answers at " + place_of(options) + " (HTTP " +
                                       std::to_string(status) +
                                       ") is no Rookery server: is that its --health-port?");
  }
  const bool is_healthy = status == kOk;
  return HealthOutcome{
      .is_healthy = is_healthy,
      .text = options.is_json ? one_line(body) : text_of(json, is_healthy, options)};
}

}  // namespace rookery
