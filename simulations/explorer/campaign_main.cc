// campaign_main.cc
//
// Options, progress, and what to type to see a failure again.

#include "simulations/explorer/campaign_main.h"

#include <rookery/runtime/time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
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

constexpr const char* kServersUnderFaults = "its servers on an in-process Kafka under faults";

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

// What to type to see it again. The front door and a program's own word say how it was called.
std::vector<std::string> commands_for(const std::string& line, const SimulatedRun& program) {
  const char* called_as = std::getenv("ROOKERY_CALLED_AS");
  std::string command = called_as != nullptr ? called_as : program.called_as;
  if (!program.arguments.empty()) command += " " + program.arguments;
  std::vector<std::string> commands = {command + " --replay " + line};
  if (program.test.empty()) return commands;
  command = "bazel test " + program.test;
  // What says which profile it is.
  if (!program.test_filter.empty()) {
    commands.push_back(command + " '--test_filter=" + program.test_filter +
                       "' --test_arg=--replay=" + line);
    return commands;
  }
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

constexpr const char* kAllProfiles = "all";

struct Options {
  SimulateOptions campaign;
  std::string profile = {};
  std::string format = "text";
  bool is_traced = false;
  double minutes = 0;
  bool is_not_shrunk = false;
  double shrink_seconds = seconds_of(SimulateOptions().shrink_time_most);
};

bool has_profiles(const std::vector<SimulatedRun>& runs) { return !runs.front().profile.empty(); }

// "partition, key, all".
std::string names_of(const std::vector<SimulatedRun>& profiles, const std::string& between = ", ") {
  std::string names;
  for (const SimulatedRun& profile : profiles) names += profile.profile + between;
  return names + kAllProfiles;
}

// What is wrong with the profile asked for; empty: nothing.
std::string wrong_profile(const Options& options, const std::vector<SimulatedRun>& profiles) {
  const SimulateOptions& campaign = options.campaign;
  if (options.profile == kAllProfiles) {
    if (!campaign.replay.empty()) {
      return "--replay: a line is of one profile, which the command with it names: --profile NAME";
    }
    if (campaign.seeds < profiles.size()) {
      return "--seeds: " + std::to_string(campaign.seeds) + " are too few for " +
             std::to_string(profiles.size()) + " profiles, each takes at least 1";
    }
    return "";
  }
  for (const SimulatedRun& profile : profiles) {
    if (profile.profile == options.profile) return "";
  }
  return "--profile: there is no '" + options.profile + "', but " + names_of(profiles);
}

// Of several runs: profiles of one program.
void add_options(CLI::App& cli, const std::vector<SimulatedRun>& runs, Options& options) {
  SimulateOptions& campaign = options.campaign;
  campaign.seeds = runs.front().seeds;
  campaign.violations_most = runs.front().violations;
  cli.add_option("--seeds", campaign.seeds, "How many seeds")->capture_default_str();
  cli.add_option("--seed-start", campaign.first_seed, "The first of them")->capture_default_str();
  cli.add_option("--replay", campaign.replay, "One run again, from the line a failure printed");
  if (has_profiles(runs)) {
    std::string help = "How it is run; all: one after the other, with the seeds shared out";
    for (const SimulatedRun& run : runs) help += "\n" + run.profile + ": " + run.what;
    options.profile = runs.front().profile;
    // The braces tell completion of the values.
    cli.add_option("--profile", options.profile, help)
        ->type_name("TEXT:{" + names_of(runs, ",") + "}")
        ->capture_default_str();
  }
  cli.add_flag("--trace", options.is_traced, "Every event on standard error");
  cli.add_option("--minutes", options.minutes, "No new run begins later than this; 0: no limit")
      ->check(CLI::NonNegativeNumber);
  cli.add_option("--threads", campaign.threads,
                 "OS threads, which change nothing but the time; 0: as many as the machine has")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  cli.add_option("--violations", campaign.violations_most, "The campaign ends at so many")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  cli.add_flag("--no-shrink", options.is_not_shrunk, "Failures are told as they are found");
  cli.add_option("--shrink-seconds", options.shrink_seconds,
                 "A failure is made smaller for so long at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  cli.add_option("--format", options.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

// The exit code when there is nothing to run.
std::optional<int> parse(int argc, char** argv, const std::vector<SimulatedRun>& runs,
                         Options& options) {
  const SimulatedRun& program = runs.front();
  const std::string what = has_profiles(runs) ? kServersUnderFaults : program.what;
  CLI::App cli("Simulates " + program.name + ": " + what, "simulate");
  add_options(cli, runs, options);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return print(cli.help()) ? 0 : usage_error("standard output: write failed");
  } catch (const CLI::ParseError& error) {
    return usage_error(error.what());
  }
  SimulateOptions& campaign = options.campaign;
  if (!campaign.replay.empty()) {
    if (const auto line = sim::parse_replay_line(campaign.replay); !line) {
      return usage_error(line.error().message);
    }
  }
  if (campaign.seeds == 0) return usage_error("--seeds: at least 1");
  if (has_profiles(runs)) {
    if (const std::string wrong = wrong_profile(options, runs); !wrong.empty()) {
      return usage_error(wrong);
    }
  }
  campaign.wall_time_most = duration_of(options.minutes * 60.0);
  campaign.shrink_time_most =
      options.is_not_shrunk ? Duration::zero() : duration_of(options.shrink_seconds);
  return std::nullopt;
}

Report simulate(const SimulatedRun& run, const Options& options, const SimulateOptions& campaign) {
  const bool is_watched = isatty(STDERR_FILENO) != 0 && !options.is_traced;
  sim::CampaignInput input{
      .program = run.name,
      .run = run.run,
      .options = campaign,
      .faults = run.faults,
      .commands = [&](const std::string& line) { return commands_for(line, run); }};
  if (options.is_traced) input.trace = &std::cerr;
  if (is_watched) input.on_progress = show_progress;
  Report report = sim::run_campaign(input);
  report.profile = run.profile;
  for (Violation& violation : report.violations) violation.profile = run.profile;
  if (is_watched) clear_progress();
  return report;
}

// The options of the place-th of so many campaigns, which share seeds and time.
SimulateOptions share_of(const SimulateOptions& all, std::size_t place, std::size_t count,
                         TimePoint began) {
  SimulateOptions share = all;
  share.seeds = all.seeds / count + (place < all.seeds % count ? 1 : 0);
  if (all.wall_time_most > Duration::zero()) {
    const Duration left = all.wall_time_most - (now() - began);
    // One that comes too late does a single run.
    share.wall_time_most = std::max(left / static_cast<std::int64_t>(count - place), Duration(1));
  }
  return share;
}

std::string text_of(const std::vector<Report>& reports) {
  std::string text;
  for (const Report& report : reports) text += (text.empty() ? "" : "\n") + report.text();
  return text;
}

// Of several: profiles of one program.
int run_main(int argc, char** argv, const std::vector<SimulatedRun>& runs) {
  Options options;
  if (const std::optional<int> exit_code = parse(argc, argv, runs, options)) return *exit_code;
  const bool is_all = options.profile == kAllProfiles;
  std::vector<const SimulatedRun*> chosen;
  for (const SimulatedRun& run : runs) {
    if (is_all || run.profile == options.profile) chosen.push_back(&run);
  }
  std::vector<Report> reports;
  try {
    const TimePoint began = now();
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      reports.push_back(
          simulate(*chosen[i], options, share_of(options.campaign, i, chosen.size(), began)));
    }
  } catch (const std::exception& error) {
    return usage_error(error.what());
  }
  const bool is_json = options.format == "json";
  if (!print(!is_json ? text_of(reports) : is_all ? json_text(reports) : json_text(reports[0]))) {
    std::fprintf(stderr, "simulate: standard output: write failed\n");
    return 1;
  }
  const bool is_broken = std::any_of(reports.begin(), reports.end(), [](const Report& report) {
    return !report.violations.empty();
  });
  return is_broken ? 1 : 0;
}

std::vector<Profile> profiles_of(const Program& program) {
  if (!program.profiles.empty()) return program.profiles;
  return {{.what = kServersUnderFaults, .app = program.app}};
}

// They refer to both.
std::vector<SimulatedRun> runs_of(const Program& program, const std::vector<Profile>& profiles) {
  std::vector<SimulatedRun> runs;
  for (const Profile& profile : profiles) {
    runs.push_back({.name = program.name,
                    .what = profile.what,
                    .run = sim::run_function(
                        {.world = program.world, .plan = program.plan, .app = profile.app}),
                    .faults = program.plan.options().faults,
                    .arguments = profile.name.empty() ? "" : "--profile " + profile.name,
                    .test = program.test,
                    .test_filter = profile.test_filter,
                    .profile = profile.name,
                    .called_as = program.called_as});
  }
  return runs;
}

}  // namespace

int campaign_main(int argc, char** argv, const Program& program) {
  const std::vector<Profile> profiles = profiles_of(program);
  return run_main(argc, argv, runs_of(program, profiles));
}

void add_campaign_options(CLI::App& word, const Program& program) {
  const auto options = std::make_shared<Options>();
  add_options(word, runs_of(program, profiles_of(program)), *options);
  word.callback([options] {});  // keeps them for as long as the word
}

int campaign_main(int argc, char** argv, const SimulatedRun& program) {
  return run_main(argc, argv, {program});
}

}  // namespace rookery::testing
