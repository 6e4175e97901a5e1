// campaign_main.cc
//
// Options, progress, and the report as words or as JSON.

#include "simulations/explorer/campaign_main.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "simulations/explorer/campaign.h"
#include "simulations/explorer/replay_line.h"
#include "simulations/world/run.h"

namespace rookery::testing {
namespace {

double seconds_of(Duration duration) {
  return std::chrono::duration_cast<std::chrono::duration<double>>(duration).count();
}

Duration duration_of(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

nlohmann::ordered_json size_json(const RunSize& size) {
  return {{"members", size.members},
          {"records", size.records},
          {"faults", size.faults},
          {"preemptions", size.preemptions}};
}

// Null when nobody tried.
nlohmann::ordered_json shrunk_json(const Violation& violation) {
  if (!violation.shrunk) return nullptr;
  return {{"from", size_json(violation.shrunk->from)},
          {"to", size_json(violation.shrunk->to)},
          {"runs", violation.shrunk->runs},
          {"complete", violation.shrunk->is_complete}};
}

std::string json_text(const Report& report) {
  nlohmann::ordered_json violations = nlohmann::ordered_json::array();
  for (const Violation& violation : report.violations) {
    violations.push_back({{"seed", violation.seed},
                          {"promise", violation.promise},
                          {"text", violation.text},
                          {"replay", violation.replay},
                          {"shrunk", shrunk_json(violation)}});
  }
  nlohmann::ordered_json faults = nlohmann::ordered_json::object();
  for (const auto& [kind, count] : report.faults) faults[kind] = count;
  const nlohmann::ordered_json json = {{"program", report.program},
                                       {"seeds", report.seeds},
                                       {"runs", report.runs},
                                       {"violations", violations},
                                       {"virtual_seconds", seconds_of(report.virtual_elapsed)},
                                       {"wall_seconds", seconds_of(report.wall_elapsed)},
                                       {"steps", report.steps},
                                       {"records", report.records},
                                       {"rebalances", report.rebalances},
                                       {"rejected", report.rejected},
                                       {"faults", faults},
                                       {"trace_hash", hash_text(report.trace_hash)}};
  // What is no UTF-8 (user code may throw anything) is replaced, not refused.
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void show_progress(const Report& report) {
  constexpr std::uint64_t kWidth = 30;
  const std::uint64_t done = report.seeds == 0 ? 0 : report.runs * kWidth / report.seeds;
  std::string bar(done, '#');
  bar.resize(kWidth, '.');
  std::fprintf(stderr, "\r[%s] %llu of %llu seeds, %llu violations ", bar.c_str(),
               static_cast<unsigned long long>(report.runs),
               static_cast<unsigned long long>(report.seeds),
               static_cast<unsigned long long>(report.violations.size()));
  std::fflush(stderr);
}

void clear_progress() {
  std::fprintf(stderr, "\r%78s\r", "");
  std::fflush(stderr);
}

// What to type to see it again. The front door says how it was called.
std::vector<std::string> commands_for(const std::string& line, const Program& program) {
  const char* called_as = std::getenv("ROOKERY_CALLED_AS");
  std::vector<std::string> commands = {
      std::string(called_as != nullptr ? called_as : "./rookery simulate") + " --replay " + line};
  if (!program.test.empty()) {
    commands.push_back("bazel test " + program.test + " --test_arg=--replay=" + line);
  }
  return commands;
}

int usage_error(const std::string& message) {
  std::fprintf(stderr, "simulate: %s\n", message.c_str());
  return 2;
}

// Whether all of it left the process.
bool print(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

}  // namespace

int campaign_main(int argc, char** argv, const Program& program) {
  SimulateOptions options;
  options.seeds = 1000;
  std::string format = "text";
  double minutes = 0;
  bool is_traced = false;
  bool is_not_shrunk = false;
  double shrink_seconds = seconds_of(options.shrink_time_most);

  CLI::App cli("Simulates " + program.name + ": its servers on an in-process Kafka under faults",
               "simulate");
  cli.add_option("--seeds", options.seeds, "How many seeds")->capture_default_str();
  cli.add_option("--seed-start", options.first_seed, "The first of them")->capture_default_str();
  cli.add_option("--replay", options.replay, "One run again, from the line a failure printed");
  cli.add_flag("--trace", is_traced, "Every event on standard error");
  cli.add_option("--minutes", minutes, "No new run begins later than this; 0: no limit")
      ->check(CLI::NonNegativeNumber);
  cli.add_option("--threads", options.threads,
                 "OS threads, which change nothing but the time; 0: as many as the machine has")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  cli.add_option("--violations", options.violations_most, "The campaign ends at so many")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  cli.add_flag("--no-shrink", is_not_shrunk, "Failures are told as they are found");
  cli.add_option("--shrink-seconds", shrink_seconds,
                 "A failure is made smaller for so long at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  cli.add_option("--format", format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  try {
    cli.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return print(cli.help()) ? 0 : usage_error("standard output: write failed");
  } catch (const CLI::ParseError& error) {
    return usage_error(error.what());
  }
  if (!options.replay.empty()) {
    if (const auto line = sim::parse_replay_line(options.replay); !line) {
      return usage_error(line.error().message);
    }
  }
  if (options.seeds == 0) return usage_error("--seeds: at least 1");
  options.wall_time_most = duration_of(minutes * 60.0);
  options.shrink_time_most = is_not_shrunk ? Duration::zero() : duration_of(shrink_seconds);

  const bool is_watched = isatty(STDERR_FILENO) != 0 && !is_traced;
  sim::CampaignInput input{
      .program = program.name,
      .run = sim::run_function({.world = program.world, .plan = program.plan, .app = program.app}),
      .options = options,
      .commands = [&](const std::string& line) { return commands_for(line, program); }};
  if (is_traced) input.trace = &std::cerr;
  if (is_watched) input.on_progress = show_progress;
  Report report;
  try {
    report = sim::run_campaign(input);
  } catch (const std::exception& error) {
    return usage_error(error.what());
  }
  if (is_watched) clear_progress();
  std::string text = format == "json" ? json_text(report) : report.text();
  if (!print(text)) {
    std::fprintf(stderr, "simulate: standard output: write failed\n");
    return 1;
  }
  return report.violations.empty() ? 0 : 1;
}

}  // namespace rookery::testing
