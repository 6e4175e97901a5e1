// simulate_word.cc
//
// The simulate command in a binary without the simulator, which is no part of the framework.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>

#include "framework/cli/words.h"

namespace rookery {
namespace {

constexpr const char* kHelp =
    "run under faults: in a binary that links the simulator, not in this one";

constexpr const char* kHowToGetIt =
    "simulate: this binary has no simulator: build one that links it (Bazel: "
    "@rookery//simulations:testing, CMake: Rookery::testing) and gives rookery::main the command "
    "of "
    "rookery::testing::simulate_command (docs/testing.md)";

}  // namespace

void add_simulate_word(const WordContext& context) {
  const auto& commands = context.options.commands;
  const auto is_simulate = [](const Command& command) { return command.name == "simulate"; };
  if (std::any_of(commands.begin(), commands.end(), is_simulate)) return;
  CLI::App* word = context.line.add_subcommand("simulate", kHelp);
  word->prefix_command();  // whatever is asked for, the answer is the same
  word->footer(
      "A binary with the simulator has this main(), and answers simulate --help in full:\n"
      "  return rookery::main(billing_app, argc, argv, {.commands = {simulate_command(\n"
      "      {.name = \"billing\", .app = billing_app, .world = world, .plan = plan})}});\n"
      "docs/testing.md shows all of it.");
  word->callback([context] { context.code = print_error(kHowToGetIt); });
}

}  // namespace rookery
