// test_replay_test.cc
//
// How a user's failing test is replayed: by an argument of the test program, here given as
// GoogleTest would find it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/processing/consumer.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

// allow(layering): the test kit is under test here, as users meet it
#include <rookery/testing.h>

namespace rookery::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

App failing_app() {
  App app({.client_id = "failing"});
  app.group("failing").topic(
      "orders", {.consumer = consumer([](const Record&) { throw std::runtime_error("no"); })});
  return app;
}

Report simulate(const SimulateOptions& options) {
  World world({.brokers = 1});
  world.topic("orders");
  Plan plan({.servers = 2});
  plan.produce("orders", 20, [](Draw& draw) { return record({.key = draw.key(5)}); });
  return world.simulate(failing_app, plan, options);
}

// The arguments of the program, for as long as it lives.
class Arguments {
 public:
  explicit Arguments(const std::vector<std::string>& arguments) {
    ::testing::internal::SetInjectableArgvs(arguments);
  }
  ~Arguments() { ::testing::internal::ClearInjectableArgvs(); }
};

TEST(TestReplay, AFailurePrintsTheCommandThatReplaysIt) {
  const Report report = simulate({.seeds = 1});
  ASSERT_EQ(report.violations.size(), 1U);
  const Violation& violation = report.violations[0];
  ASSERT_EQ(violation.commands.size(), 1U);
  const std::string& command = violation.commands[0];
  // Bazel sets the label.
  if (const char* label = std::getenv("TEST_TARGET")) {
    EXPECT_THAT(command, StartsWith("bazel test " + std::string(label) + " --test_filter="));
    EXPECT_THAT(command, HasSubstr(" --test_arg=--replay=" + violation.replay));
  }
  EXPECT_THAT(command, HasSubstr("TestReplay.AFailurePrintsTheCommandThatReplaysIt"));
  EXPECT_THAT(report.text(), HasSubstr("run it again  " + command + "\n"));
}

TEST(TestReplay, TheArgumentReplaysThatRunAlone) {
  const std::string line = simulate({.seeds = 1}).violations.at(0).replay;
  const Arguments arguments({"program", "--replay=" + line});
  const Report report = simulate({.seeds = 50});
  EXPECT_EQ(report.runs, 1U);
  ASSERT_EQ(report.violations.size(), 1U);
  EXPECT_THAT(report.violations[0].text, HasSubstr("the same trace"));
  EXPECT_EQ(report.violations[0].replay, line);
}

TEST(TestReplay, AnArgumentThatIsNoLineFailsTheTest) {
  const Arguments arguments({"program", "--replay=r2:oh"});
  const Report report = simulate({.seeds = 50});
  EXPECT_EQ(report.runs, 0U);
  ASSERT_EQ(report.violations.size(), 1U);
  EXPECT_THAT(report.violations[0].text, HasSubstr("'r2:oh' is no replay line: "));
}

}  // namespace
}  // namespace rookery::testing
