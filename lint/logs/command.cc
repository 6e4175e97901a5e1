// command.cc
//
// rookery-lint logs: its options, and what is done in which order.

#include "lint/logs/command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lint/logs/allow_list.h"
#include "lint/logs/linter.h"
#include "lint/printable.h"
#include "lint/report.h"
#include "lint/text.h"

namespace rookery::lint {
namespace {

constexpr const char* kHelp =
    "Entries of Kafka's own log4j pattern, JSON lines (log4j, ECS, logstash, Docker's) and what\n"
    "Java prints past all loggers. Lines that begin no entry, such as a stack trace's, belong to\n"
    "the one above. Messages that differ in numbers, names with digits and identifiers are one\n"
    "finding. Of a line 64 KiB are kept, of a trace 200 lines and every 'Caused by'; a finding\n"
    "says what it left out.\n"
    "\n"
    "Examples:\n"
    "  rookery-lint logs --allow allow.yaml node-*/server.log\n"
    "  kubectl logs kafka-0 | rookery-lint logs --partial --allow allow.yaml -\n"
    "\n"
    "An allow-list (--allow, several are added up) is YAML:\n"
    "  - pattern: 'WARN .*Performing controller activation'\n"
    "    reason: the tests stop the controller\n"
    "    until: 2027-01-31\n"
    "    sometimes: yes        # left out: not to be used is a finding\n"
    "A pattern is RE2 and may stand anywhere in the text: 'WARN message (logger)', then the stack\n"
    "trace, a line each. After its last day an entry explains nothing.";

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> allow_lists;
  std::string format = "text";
  std::string today;
  bool is_partial = false;
  bool is_rules = false;
};

int refuse(const std::string& message) {
  std::fprintf(stderr, "rookery-lint: %s\n", printable(message).c_str());
  return kUsage;
}

std::chrono::year_month_day today_of(const Options& options) {
  if (const auto date = date_of(options.today)) return *date;
  // allow(os-time): an entry ends on a day of people's; no simulation runs this
  return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
}

// False, and why, if there is nothing there that can be read as a file.
bool open(const std::string& path, std::ifstream& stream, std::string& error) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    error = path + ": is a folder; name the files in it";
    return false;
  }
  stream.open(path, std::ios::binary);
  if (!stream) error = path + ": cannot be read";
  return error.empty();
}

bool read_allow_lists(const Options& options, AllowList& list) {
  std::vector<std::string> mistakes;
  for (const std::string& path : options.allow_lists) {
    std::ifstream stream;
    std::string error;
    if (!open(path, stream, error)) {
      mistakes.push_back(error);
      continue;
    }
    list.read(path, std::string(std::istreambuf_iterator<char>(stream), {}), mistakes);
  }
  for (const std::string& mistake : mistakes) refuse(mistake);
  return mistakes.empty();
}

bool read_logs(const Options& options, LogLinter& linter, std::string& error) {
  std::size_t entries = 0;
  for (const std::string& path : options.files) {
    std::ifstream file;
    if (path != "-" && !open(path, file, error)) return false;
    std::istream& stream = path == "-" ? std::cin : file;
    const LogLinter::Read read = linter.read(path, stream);
    // What is no log must not pass for a quiet one.
    if (read.lines > 0 && read.entries == 0) {
      error = path + ": no line of it begins an entry of a log; --help says which formats are read";
      return false;
    }
    entries += read.entries;
  }
  if (entries == 0) error = "the logs are empty";
  return error.empty();
}

int run(const Options& options) {
  if (options.is_rules) {
    for (const Rule& rule : log_rules()) {
      std::printf("%-24s%s\n", rule.id.c_str(), rule.help.c_str());
    }
    return kClean;
  }
  if (!options.today.empty() && !date_of(options.today)) {
    return refuse("--today '" + options.today + "': a day is 2027-01-31");
  }
  if (options.files.empty()) {
    return refuse("nothing to read: name files, or - for standard input; try --help");
  }
  AllowList list;
  if (!read_allow_lists(options, list)) return kUsage;
  LogLinter linter(std::move(list), today_of(options));
  std::string error;
  if (!read_logs(options, linter, error)) return refuse(error);
  const Findings findings = linter.findings(/*is_complete=*/!options.is_partial);
  const auto& names = format_names();
  const auto format =
      static_cast<Format>(std::find(names.begin(), names.end(), options.format) - names.begin());
  write_report(std::cout, findings, format, {.name = "logs", .rules = log_rules()});
  if (!std::cout.flush()) return refuse("cannot write to standard output");
  return findings.empty() ? kClean : kFound;
}

}  // namespace

void add_logs_command(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "logs", "find warnings and errors of brokers that no allow-list explains");
  const auto options = std::make_shared<Options>();
  command->add_option("FILE", options->files, "logs; - is standard input")->type_name("");
  command->add_option("--allow", options->allow_lists, "what is explained, why, and until when")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command->add_option("--format", options->format, "of the report")
      ->check(CLI::IsMember(format_names()))
      ->capture_default_str();
  command->add_flag("--partial", options->is_partial,
                    "these are not all logs: an entry that explains nothing is no finding");
  command->add_option("--today", options->today, "the day on which the allow-list is judged")
      ->type_name("YYYY-MM-DD");
  command->add_flag("--rules", options->is_rules, "print all rules");
  command->footer(kHelp);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace rookery::lint
