// simulate.cc
//
// A campaign from within a test: what the test prints when it fails, and how it replays that.
//
// A replay line comes as an argument of the test program, --replay=LINE, and then every
// simulate() of the cases that run does that one run: the command that is printed names the case.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "simulations/explorer/campaign.h"
#include "simulations/world/run.h"
#include "simulations/world/world.h"

namespace rookery::testing {
namespace {

constexpr std::string_view kReplayArgument = "--replay=";

// Empty when there is none, or no GoogleTest at all.
std::string replay_argument() {
  for (const std::string& argument : ::testing::internal::GetInjectableArgvs()) {
    if (argument.starts_with(kReplayArgument)) return argument.substr(kReplayArgument.size());
  }
  return {};
}

// "Billing.LosesNothing" of the case that runs.
std::string case_name() {
  const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
  if (test == nullptr) return {};
  return std::string(test->test_suite_name()) + "." + test->name();
}

std::vector<std::string> commands_for(const std::string& line) {
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

}  // namespace

Report World::simulate(const std::function<App()>& app, const Plan& plan,
                       const SimulateOptions& options) const {
  sim::CampaignInput input{
      .program = app().options().client_id,
      .run = sim::run_function(
          {.world = *this, .plan = plan, .app = app, .are_dead_letters_kept = true}),
      .options = options,
      .faults = plan.options().faults,
      .commands = commands_for};
  if (input.options.replay.empty()) input.options.replay = replay_argument();
  return sim::run_campaign(input);
}

}  // namespace rookery::testing
