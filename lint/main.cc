// main.cc
//
// rookery-lint: the linters as one program. No word prints help; what cannot be understood is one
// line on standard error and exit code 2.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "lint/commands.h"
#include "lint/logs/command.h"
#include "lint/report.h"
#include "lint/source/command.h"

namespace {

using rookery::lint::kClean;
using rookery::lint::kUsage;

constexpr const char* kDescription = "Linters for teams that use Kafka.";

constexpr const char* kFooter =
    "Exit codes: 0 nothing found, 1 findings, 2 wrong words or an input that cannot be read.\n"
    "`rookery-lint WORD --help` explains a word, with examples.";

int refuse(const std::string& message) {
  std::fprintf(stderr, "rookery-lint: %s\n", message.c_str());
  return kUsage;
}

int run(int argc, char** argv) {
  CLI::App program(kDescription, "rookery-lint");
  program.require_subcommand(0, 1);
  program.footer(kFooter);
  int exit_code = kClean;
  rookery::lint::add_topics_command(program, exit_code);
  rookery::lint::add_logs_command(program, exit_code);
  rookery::lint::add_source_command(program, exit_code);
  CLI::App* word = program.add_subcommand("help", "print this");
  // Once a word was read, CLI11 would answer that word's help.
  const std::string help_text = program.help();
  word->callback([&help_text] { std::fputs(help_text.c_str(), stdout); });
  try {
    program.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return program.exit(help);
  } catch (const CLI::ExtrasError& error) {
    const std::vector<std::string> extras = program.remaining(true);
    return refuse("unknown word '" + (extras.empty() ? std::string() : extras.front()) +
                  "'; try --help");
  } catch (const CLI::ParseError& error) {
    return refuse(error.what());
  }
  if (program.get_subcommands().empty()) std::fputs(help_text.c_str(), stdout);
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    return refuse(error.what());
  }
}
