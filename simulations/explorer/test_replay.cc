// test_replay.cc
//
// GoogleTest knows the arguments, Bazel the label.

#include "simulations/explorer/test_replay.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

namespace rookery::sim {
namespace {

constexpr std::string_view kReplayArgument = "--replay=";

// "Billing.LosesNothing" of the case that runs.
std::string case_name() {
  const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
  if (test == nullptr) return {};
  return std::string(test->test_suite_name()) + "." + test->name();
}

}  // namespace

// Empty, too, without GoogleTest.
std::string replay_argument() {
  for (const std::string& argument : ::testing::internal::GetInjectableArgvs()) {
    if (argument.starts_with(kReplayArgument)) return argument.substr(kReplayArgument.size());
  }
  return {};
}

std::vector<std::string> replay_commands(const std::string& line) {
  const std::string filter = case_name();
  const std::string replay = std::string(kReplayArgument) + line;
  // Bazel says which test it runs.
  if (const char* label = std::getenv("TEST_TARGET")) {
    return {"bazel test " + std::string(label) +
            (filter.empty() ? "" : " --test_filter=" + filter) + " --test_arg=" + replay};
  }
  const std::vector<std::string> arguments = ::testing::internal::GetInjectableArgvs();
  if (arguments.empty()) return {};
  return {arguments[0] + (filter.empty() ? "" : " --gtest_filter=" + filter) + " " + replay};
}

testing::Report run_in_test(CampaignInput input, const std::string& front_door) {
  if (input.options.replay.empty()) input.options.replay = replay_argument();
  input.commands = [front_door](const std::string& line) {
    std::vector<std::string> commands = replay_commands(line);
    if (!front_door.empty()) commands.insert(commands.begin(), front_door + " --replay " + line);
    return commands;
  };
  return run_campaign(input);
}

}  // namespace rookery::sim
