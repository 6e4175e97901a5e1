// campaign_main.cc
//
// Options, progress, and what to type to see a failure again.

#include "simulations/explorer/campaign_main.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "simulations/explorer/campaign.h"
#include "simulations/explorer/replay_line.h"
#include "simulations/explorer/report_json.h"
#include "simulations/world/run.h"

namespace rookery::testing {
namespace {

double seconds_of(Duration duration) {
  return std::chrono::duration_cast<std::chrono::duration<double>>(duration).count();
}

Duration duration_of(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
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

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// What to type to see it again. The front door says how it was called.
std::vector<std::string> commands_for(const std::string& line, const SimulatedRun& program) {
  const char* called_as = std::getenv("ROOKERY_CALLED_AS");
  std::string command = called_as != nullptr ? called_as : "./rookery simulate";
  if (!program.arguments.empty()) command += " " + program.arguments;
  std::vector<std::string> commands = {command + " --replay " + line};
  if (program.test.empty()) return commands;
  command = "bazel test " + program.test;
  for (const std::string& argument : words_of(program.arguments)) {
    command += " --test_arg=" + argument;
  }
  commands.push_back(command + " --test_arg=--replay=" + line);
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

struct Options {
  SimulateOptions campaign;
  std::string format = "text";
  bool is_traced = false;
};

// The exit code when there is nothing to run.
std::optional<int> parse(int argc, char** argv, const SimulatedRun& program, Options& options) {
  SimulateOptions& campaign = options.campaign;
  campaign.seeds = program.seeds;
  campaign.violations_most = program.violations;
  double minutes = 0;
  bool is_not_shrunk = false;
  double shrink_seconds = seconds_of(campaign.shrink_time_most);

  CLI::App cli("Simulates " + program.name + ": " + program.what, "simulate");
  cli.add_option("--seeds", campaign.seeds, "How many seeds")->capture_default_str();
  cli.add_option("--seed-start", campaign.first_seed, "The first of them")->capture_default_str();
  cli.add_option("--replay", campaign.replay, "One run again, from the line a failure printed");
  cli.add_flag("--trace", options.is_traced, "Every event on standard error");
  cli.add_option("--minutes", minutes, "No new run begins later than this; 0: no limit")
      ->check(CLI::NonNegativeNumber);
  cli.add_option("--threads", campaign.threads,
                 "OS threads, which change nothing but the time; 0: as many as the machine has")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  cli.add_option("--violations", campaign.violations_most, "The campaign ends at so many")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  cli.add_flag("--no-shrink", is_not_shrunk, "Failures are told as they are found");
  cli.add_option("--shrink-seconds", shrink_seconds,
                 "A failure is made smaller for so long at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  cli.add_option("--format", options.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  try {
    cli.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return print(cli.help()) ? 0 : usage_error("standard output: write failed");
  } catch (const CLI::ParseError& error) {
    return usage_error(error.what());
  }
  if (!campaign.replay.empty()) {
    if (const auto line = sim::parse_replay_line(campaign.replay); !line) {
      return usage_error(line.error().message);
    }
  }
  if (campaign.seeds == 0) return usage_error("--seeds: at least 1");
  campaign.wall_time_most = duration_of(minutes * 60.0);
  campaign.shrink_time_most = is_not_shrunk ? Duration::zero() : duration_of(shrink_seconds);
  return std::nullopt;
}

}  // namespace

int campaign_main(int argc, char** argv, const Program& program) {
  return campaign_main(
      argc, argv,
      SimulatedRun{.name = program.name,
                   .what = "its servers on an in-process Kafka under faults",
                   .run = sim::run_function(
                       {.world = program.world, .plan = program.plan, .app = program.app}),
                   .faults = program.plan.options().faults,
                   .test = program.test});
}

int campaign_main(int argc, char** argv, const SimulatedRun& program) {
  Options options;
  if (const std::optional<int> exit_code = parse(argc, argv, program, options)) return *exit_code;
  const bool is_watched = isatty(STDERR_FILENO) != 0 && !options.is_traced;
  sim::CampaignInput input{
      .program = program.name,
      .run = program.run,
      .options = options.campaign,
      .faults = program.faults,
      .commands = [&](const std::string& line) { return commands_for(line, program); }};
  if (options.is_traced) input.trace = &std::cerr;
  if (is_watched) input.on_progress = show_progress;
  Report report;
  try {
    report = sim::run_campaign(input);
  } catch (const std::exception& error) {
    return usage_error(error.what());
  }
  if (is_watched) clear_progress();
  if (!print(options.format == "json" ? json_text(report) : report.text())) {
    std::fprintf(stderr, "simulate: standard output: write failed\n");
    return 1;
  }
  return report.violations.empty() ? 0 : 1;
}

}  // namespace rookery::testing
