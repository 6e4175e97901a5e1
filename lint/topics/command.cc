// command.cc
//
// rookery-lint topics: its options, and what is done in which order.

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lint/commands.h"
#include "lint/printable.h"
#include "lint/report.h"
#include "lint/text.h"
#include "lint/topics/baseline.h"
#include "lint/topics/config.h"
#include "lint/topics/linter.h"
#include "lint/topics/program.h"
#include "lint/topics/rule_list.h"
#include "lint/topics/sources.h"

namespace rookery::lint {
namespace {

constexpr const char* kDefaultConfig = ".rookery-topics.yaml";

constexpr const char* kExamples =
    "Examples:\n"
    "  kafka-topics.sh --bootstrap-server localhost:9092 --list | rookery-lint topics -\n"
    "  rookery-lint topics --config topics.yaml deploy/topics/*.yaml\n"
    "  ./billing routes --format json | rookery-lint topics -\n"
    "  rookery-lint topics --program ./billing deploy/topics.yaml     # who reads, and how it is "
    "kept\n"
    "  rookery-lint topics --write-baseline known.json old/*.properties; rookery-lint topics "
    "--baseline known.json old/*.properties\n"
    "\n"
    "A configuration (--config; .rookery-topics.yaml of this folder if it is there):\n"
    "  preset: domain.type.name.v1\n"
    "  parts: {domain: [billing, shipping]}\n"
    "  tests: {prefix: it-, sources: [\"*/test/*\"]}\n"
    "  exceptions:\n"
    "    - {name: legacy_*, rules: [pattern], reason: until the move, until: 2027-01-31}\n"
    "--show-preset NAME prints what a preset stands for, which is all keys there are but two:\n"
    "version (required, forbidden) and disabled (a list of rules).";

struct Options {
  std::vector<std::string> sources;
  std::vector<std::string> programs;
  std::string config;
  std::string preset;
  std::string shown_preset;
  std::string input = "auto";
  std::string format = "text";
  std::string baseline;
  std::string new_baseline;
  std::string today;
  bool is_in_tests = false;
  bool is_rules = false;
};

int refuse(const std::string& message) {
  std::fprintf(stderr, "rookery-lint: %s\n", printable(message).c_str());
  return kUsage;
}

bool read_file(const std::string& path, std::string& text, std::string& error) {
  std::error_code ignored;
  if (path != "-" && std::filesystem::is_directory(path, ignored)) {
    error = path + ": is a folder; name the files in it";
    return false;
  }
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  if (!file) {
    error = path + ": cannot be read";
    return false;
  }
  std::istream& stream = path == "-" ? std::cin : file;
  text.assign(std::istreambuf_iterator<char>(stream), {});
  return true;
}

std::size_t index_of(const std::string& word, const std::vector<std::string>& words) {
  return static_cast<std::size_t>(std::find(words.begin(), words.end(), word) - words.begin());
}

std::chrono::year_month_day today_of(const Options& options) {
  if (const auto date = date_of(options.today)) return *date;
  // allow(os-time): an exception ends on a day of people's; no simulation runs this
  return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
}

// The team's conventions; nothing after having told why.
std::optional<Conventions> conventions_of(const Options& options) {
  std::string file = options.config;
  std::string text;
  std::string error;
  if (!options.preset.empty()) {
    file = "--preset";
    text = "preset: " + options.preset + "\n";
  } else if (file.empty() && std::filesystem::exists(kDefaultConfig)) {
    file = kDefaultConfig;
  }
  if (file.empty()) return Conventions{};
  if (text.empty() && !read_file(file, text, error)) {
    refuse(error);
    return std::nullopt;
  }
  std::vector<std::string> mistakes;
  auto conventions = read_conventions(file, text, mistakes);
  for (const std::string& mistake : mistakes) refuse(mistake);
  return conventions;
}

bool read_sources(const Options& options, const Conventions& conventions, Topics& topics,
                  std::string& error) {
  const auto kind = static_cast<SourceKind>(index_of(options.input, source_kind_names()));
  for (const std::string& path : options.sources) {
    Source source{.file = path, .kind = kind, .is_in_tests = options.is_in_tests};
    for (const std::string& pattern : conventions.tests.sources) {
      source.is_in_tests = source.is_in_tests || is_like(path, pattern);
    }
    if (!read_file(path, source.text, error) || !read_source(source, topics, error)) return false;
  }
  for (const std::string& program : options.programs) {
    Source source{.file = std::filesystem::path(program).filename().string(),
                  .kind = SourceKind::kJson,
                  .is_in_tests = options.is_in_tests};
    if (!ask_for_routes(program, source.text, error)) return false;
    if (!read_source(source, topics, error)) return false;
  }
  if (!topics.topics.empty()) return true;
  // Nothing read must not pass for nothing wrong.
  error = "no topic name was found in what was read; --help says where names are looked for";
  return false;
}

int write_new_baseline(const std::string& path, const Findings& findings) {
  std::ofstream file(path, std::ios::binary);
  file << write_baseline(findings);
  if (!file.flush()) return refuse(path + ": cannot be written");
  std::printf("topics: %zu findings are known from now on, in %s\n", findings.size(), path.c_str());
  return kClean;
}

int run(const Options& options) {
  if (options.is_rules) {
    for (const Rule& rule : topic_rules()) {
      std::printf("%-24s%s\n", rule.id.c_str(), rule.help.c_str());
    }
    return kClean;
  }
  if (!options.shown_preset.empty()) {
    std::printf("%s", preset_text(options.shown_preset).c_str());
    return kClean;
  }
  if (!options.today.empty() && !date_of(options.today)) {
    return refuse("--today '" + options.today + "': a day is 2027-01-31");
  }
  if (options.sources.empty() && options.programs.empty()) {
    return refuse("nothing to read: name files, - for standard input, or --program; try --help");
  }
  const std::optional<Conventions> conventions = conventions_of(options);
  if (!conventions) return kUsage;
  Topics topics;
  std::string error;
  if (!read_sources(options, *conventions, topics, error)) return refuse(error);
  Findings findings = lint_topics(topics, *conventions, today_of(options));
  if (!options.new_baseline.empty()) return write_new_baseline(options.new_baseline, findings);
  if (!options.baseline.empty()) {
    std::string text;
    if (!read_file(options.baseline, text, error)) return refuse(error);
    const auto baseline = read_baseline(options.baseline, text, error);
    if (!baseline) return refuse(error);
    findings = without_known(std::move(findings), *baseline);
  }
  const auto format = static_cast<Format>(index_of(options.format, format_names()));
  write_report(std::cout, findings, format, {.name = "topics", .rules = topic_rules()});
  if (!std::cout.flush()) return refuse("cannot write to standard output");
  return findings.empty() ? kClean : kFound;
}

}  // namespace

void add_topics_command(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "topics", "check names of topics, and routes that run but hurt, against Kafka and your team");
  const auto options = std::make_shared<Options>();
  command->add_option("SOURCE", options->sources, "files; - is standard input")->type_name("");
  command->add_option("--program", options->programs, "a Rookery program, asked for its routes")
      ->type_name("PATH")
      ->allow_extra_args(false);
  command->add_option("--config", options->config, "what the team agreed on")->type_name("FILE");
  command->add_option("--preset", options->preset, "conventions made up already, without a file")
      ->check(CLI::IsMember(preset_names()))
      ->excludes("--config");
  command->add_option("--show-preset", options->shown_preset, "print a preset as configuration")
      ->check(CLI::IsMember(preset_names()));
  command->add_option("--format", options->format, "of the report")
      ->check(CLI::IsMember(format_names()))
      ->capture_default_str();
  command->add_option("--input", options->input, "what the sources are")
      ->check(CLI::IsMember(source_kind_names()))
      ->capture_default_str();
  command->add_flag("--tests", options->is_in_tests, "the topics are those of tests");
  command->add_option("--baseline", options->baseline, "findings that are known, and not told")
      ->type_name("FILE");
  command->add_option("--write-baseline", options->new_baseline, "make such a file of all findings")
      ->type_name("FILE")
      ->excludes("--baseline");
  command->add_option("--today", options->today, "the day on which exceptions are judged")
      ->type_name("YYYY-MM-DD");
  command->add_flag("--rules", options->is_rules, "print all rules");
  command->footer(std::string(kSourcesHelp) + "\n\n" + kExamples);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace rookery::lint
