// simulate_command_test.cc
//
// The word simulate of a program: what it prints of a failure runs that failure again.

#include "simulations/explorer/simulate_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/processing/consumer.h>

#include <CLI/CLI.hpp>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <vector>

namespace rookery::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

App broken_app() {
  App app({.client_id = "tiny"});
  app.group("tiny").topic(
      "orders", {.consumer = consumer([](const Record&) { throw std::runtime_error("no"); })});
  return app;
}

Program broken_program() {
  Program program{.name = "tiny",
                  .world = World({.brokers = 3}),
                  .plan = Plan({.servers = 2}),
                  .profiles = {{.name = "only", .what = "as it is", .app = broken_app}}};
  program.world.topic("orders", {.partitions = 2});
  program.plan.produce("orders", 5, [](Draw& draw) { return record({.key = draw.key(5)}); });
  return program;
}

struct Printed {
  int exit_code = -1;
  std::string out;
};

Printed run(const Command& command, const std::vector<std::string>& words) {
  ::testing::internal::CaptureStdout();
  const int exit_code = command.run(words);
  return {.exit_code = exit_code, .out = ::testing::internal::GetCapturedStdout()};
}

TEST(SimulateCommand, AFailureIsReplayedByTheWordOfTheProgramAsItWasCalled) {
  const Command command = simulate_command(broken_program());
  EXPECT_EQ(command.name, "simulate");
  const Printed failed = run(command, {"--seeds", "1", "--no-shrink"});
  EXPECT_EQ(failed.exit_code, 1);
  const std::string begin = "run it again  " + std::string(program_invocation_name) +
                            " simulate --profile only --replay ";
  const std::size_t at = failed.out.find(begin);
  ASSERT_NE(at, std::string::npos) << failed.out;
  const std::size_t from = at + begin.size();
  const std::string line = failed.out.substr(from, failed.out.find('\n', at) - from);
  EXPECT_THAT(line, StartsWith("r1:"));
  const Printed replayed = run(command, {"--profile", "only", "--replay", line});
  EXPECT_EQ(replayed.exit_code, 1);
  EXPECT_THAT(replayed.out, HasSubstr("the same trace"));
}

TEST(SimulateCommand, TellsCompletionOfItsOptions) {
  const Command command = simulate_command(broken_program());
  CLI::App word;
  command.add_options(word);
  for (const char* name : {"--seeds", "--seed-start", "--replay", "--trace", "--no-shrink"}) {
    EXPECT_NE(word.get_option_no_throw(name), nullptr) << name;
  }
  EXPECT_THAT(word.get_option("--profile")->get_type_name(), HasSubstr("{only,all}"));
  EXPECT_THAT(word.get_option("--format")->get_type_name(), HasSubstr("{text,json}"));
}

}  // namespace
}  // namespace rookery::testing
