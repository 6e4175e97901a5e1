// workflow_test.cc
//
// The workflow of GitHub Actions can be read, runs when it should, and calls only what is there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace rookery {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kWorkflow = ".github/workflows/ci.yml";

// The lines of all steps that run something, of one job.
std::vector<std::string> commands_of(const YAML::Node& job) {
  std::vector<std::string> commands;
  for (const YAML::Node& step : job["steps"]) {
    if (!step["run"]) continue;
    std::istringstream lines(step["run"].as<std::string>());
    for (std::string line; std::getline(lines, line);) commands.push_back(line);
  }
  return commands;
}

// Programs of this project that the commands call, but that cannot be run.
std::vector<std::string> missing(const std::vector<std::string>& commands) {
  std::vector<std::string> result;
  for (const std::string& command : commands) {
    const std::string program = command.substr(0, command.find(' '));
    if (program.starts_with('.') && access(program.c_str(), X_OK) != 0) result.push_back(program);
  }
  return result;
}

TEST(Workflow, CallsWhatIsThereInADebian12) {
  const YAML::Node workflow = YAML::LoadFile(kWorkflow);
  ASSERT_EQ(workflow["jobs"].size(), 2U);
  for (const auto& job : workflow["jobs"]) {
    SCOPED_TRACE(job.first.as<std::string>());
    EXPECT_EQ(job.second["container"]["image"].as<std::string>(), "debian:12");
    EXPECT_THAT(missing(commands_of(job.second)), IsEmpty());
  }
  EXPECT_THAT(commands_of(workflow["jobs"]["run"]), Contains(".ci/run"));
  EXPECT_THAT(commands_of(workflow["jobs"]["nightly"]), Contains(".ci/nightly --hours 4"));
}

TEST(Workflow, RunsForEveryChangeAndEveryNight) {
  const YAML::Node when = YAML::LoadFile(kWorkflow)["on"];
  std::set<std::string> events;
  for (const auto& event : when) events.insert(event.first.as<std::string>());
  EXPECT_THAT(events, ::testing::IsSupersetOf({"push", "pull_request", "schedule"}));
  EXPECT_EQ(when["schedule"].size(), 1U);
}

TEST(Workflow, KeepsTheCacheAndWhatFailedLeaves) {
  const YAML::Node workflow = YAML::LoadFile(kWorkflow);
  for (const auto& job : workflow["jobs"]) {
    std::vector<std::string> paths;
    for (const YAML::Node& step : job.second["steps"]) {
      if (step["with"] && step["with"]["path"]) {
        paths.push_back(step["with"]["path"].as<std::string>());
      }
    }
    // Of .bazelrc, and of .ci/run.
    EXPECT_THAT(paths, ElementsAre("~/.cache/rookery", ".ci/logs"));
  }
}

TEST(Workflow, AProgramThatIsNotThereIsTold) {
  EXPECT_THAT(missing({".ci/run", "apt-get update", ".ci/nowhere --all", "./rookery test"}),
              ElementsAre(".ci/nowhere"));
}

}  // namespace
}  // namespace rookery
