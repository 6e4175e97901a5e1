// command.cc
//
// rookery-lint source: its options, and what is done in which order.

#include "lint/source/command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lint/printable.h"
#include "lint/report.h"
#include "lint/source/rules.h"

namespace rookery::lint {
namespace {

constexpr const char* kDefaultLengths = "lint/source/lengths.yaml";

constexpr const char* kHelp =
    "Paths are relative to --root. Sources (.h, .cc), BUILD files, scripts and documents (.md) "
    "are\n"
    "read.\n"
    "\n"
    "Examples:\n"
    "  rookery-lint source framework/base/bytes.h framework/base/bytes.cc\n"
    "  git ls-files '*.h' '*.cc' '*.md' '*BUILD' | rookery-lint source -\n"
    "\n"
    "An exception is marked where it is, with its reason; it covers its line and the next, or the\n"
    "file. In BUILD files and scripts a marker begins with '#'.\n"
    "  // allow(os-time): measures the simulator from outside\n"
    "  // allow-file(os-thread): these are the threads of librdkafka\n"
    "\n"
    "What is too long for a while stands in --lengths (lint/source/lengths.yaml if it is there):\n"
    "  - {file: framework/base/a.cc, lines_max: 430, reason: split with the next release}\n"
    "  - {file: framework/base/a.cc, function: Ledger::mark, lines_max: 82, reason: one state "
    "machine}";

struct Options {
  std::vector<std::string> paths;
  std::string root = ".";
  std::string lengths;
  std::string format = "text";
  bool is_rules = false;
};

int refuse(const std::string& message) {
  std::fprintf(stderr, "rookery-lint: %s\n", printable(message).c_str());
  return kUsage;
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return std::nullopt;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

// The paths named; for "-" those on standard input, one a line.
std::vector<std::string> paths_of(const Options& options) {
  std::vector<std::string> paths;
  for (const std::string& path : options.paths) {
    if (path != "-") {
      paths.push_back(path);
      continue;
    }
    for (std::string line; std::getline(std::cin, line);) {
      if (!line.empty()) paths.push_back(line);
    }
  }
  return paths;
}

// False after having told why.
bool read_lengths(const Options& options, Tree& tree, Lengths& lengths) {
  const std::string file = options.lengths.empty() ? kDefaultLengths : options.lengths;
  const auto text = tree.text(file);
  if (!text && options.lengths.empty()) return true;
  if (!text) return refuse(file + ": cannot be read") == kClean;
  std::vector<std::string> mistakes;
  lengths = Lengths::read(file, *text, mistakes);
  for (const std::string& mistake : mistakes) refuse(mistake);
  return mistakes.empty();
}

int run(const Options& options) {
  if (options.is_rules) {
    for (const Rule& rule : source_rules()) {
      std::printf("%-24s%s\n", rule.id.c_str(), rule.help.c_str());
    }
    return kClean;
  }
  if (options.paths.empty()) {
    return refuse("nothing to read: name files, or - for a list of them; try --help");
  }
  Tree tree([&](const std::string& path) {
    return read_file(std::filesystem::path(options.root) / path);
  });
  Lengths lengths;
  if (!read_lengths(options, tree, lengths)) return kUsage;
  const std::vector<std::string> paths = paths_of(options);
  // A list that came out empty must not pass for a clean tree.
  if (paths.empty()) return refuse("no paths on standard input");
  Findings findings;
  for (const std::string& path : paths) {
    for (Finding& finding : check_file(path, tree, lengths)) {
      findings.push_back(std::move(finding));
    }
  }
  for (Finding& finding :
       lengths.stale([&](const std::string& path) { return tree.text(path).has_value(); })) {
    findings.push_back(std::move(finding));
  }
  const auto& names = format_names();
  const auto format =
      static_cast<Format>(std::find(names.begin(), names.end(), options.format) - names.begin());
  write_report(std::cout, findings, format, {.name = "source", .rules = source_rules()});
  if (!std::cout.flush()) return refuse("cannot write to standard output");
  return findings.empty() ? kClean : kFound;
}

}  // namespace

void add_source_command(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "source",
      "check C++ sources, BUILD files, scripts and documents against the rules of this house");
  const auto options = std::make_shared<Options>();
  command->add_option("PATH", options->paths, "files; - is a list of them on standard input")
      ->type_name("");
  command->add_option("--root", options->root, "where paths begin")->type_name("FOLDER");
  command->add_option("--lengths", options->lengths, "what is known to be too long")
      ->type_name("FILE");
  command->add_option("--format", options->format, "of the report")
      ->check(CLI::IsMember(format_names()))
      ->capture_default_str();
  command->add_flag("--rules", options->is_rules, "print all rules");
  command->footer(kHelp);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace rookery::lint
