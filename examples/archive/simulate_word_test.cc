// simulate_word_test.cc
//
// `simulation simulate`, which is what `./rookery simulate` runs: it tells what the campaign tells,
// and is one word of many.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rookery/runtime/time.h>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "examples/archive/child_process.h"
#include "examples/archive/profiles.h"
#include "examples/archive/simulation.h"
#include "simulations/explorer/campaign_main.h"

namespace archive {
namespace {

using namespace std::chrono_literals;
using rookery::deadline_in;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kProgram = "examples/archive/simulation";

struct Answer {
  int exit_code = -1;
  std::string out;
  std::string errors;
};

Answer run(std::vector<std::string> words) {
  words.insert(words.begin(), kProgram);
  ChildProcess child(words);
  const int exit_code = child.exit_code(deadline_in(120s)).value_or(-1);
  return {.exit_code = exit_code, .out = child.output(), .errors = child.errors()};
}

nlohmann::json without_wall_time(const std::string& text) {
  auto json = nlohmann::json::parse(text);
  json.erase("wall_seconds");
  return json;
}

TEST(SimulateWord, TellsWhatTheCampaignTells) {
  const Answer answer = run({"simulate", "--seeds", "5", "--profile", "key", "--format", "json"});
  EXPECT_EQ(answer.exit_code, 0);
  EXPECT_EQ(answer.errors, "");

  std::vector<std::string> words = {"simulate", "--seeds=5", "--profile=key", "--format=json"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  testing::internal::CaptureStdout();
  const int exit_code =
      rookery::testing::campaign_main(static_cast<int>(arguments.size()), arguments.data(),
                                      {.name = "archive",
                                       .world = simulated_world(),
                                       .plan = simulated_plan(),
                                       .profiles = simulated_profiles()});
  const std::string told = testing::internal::GetCapturedStdout();
  EXPECT_EQ(exit_code, answer.exit_code);
  EXPECT_EQ(without_wall_time(answer.out), without_wall_time(told));
  EXPECT_EQ(without_wall_time(answer.out)["profile"], "key");
}

TEST(SimulateWord, StandsBesideTheOtherWords) {
  const Answer help = run({"--help"});
  EXPECT_THAT(help.out, AllOf(HasSubstr("\n  simulate "), HasSubstr("\n  server ")));
  EXPECT_THAT(run({"routes"}).out, StartsWith("group archive"));
}

TEST(SimulateWord, CompletionKnowsTheProfiles) {
  EXPECT_THAT(run({"completion", "bash"}).out,
              HasSubstr("' simulate --profile') choices='partition virtual "));
}

TEST(SimulateWord, WhatIsWrongIsOneLine) {
  const Answer answer = run({"simulate", "--profile", "best"});
  EXPECT_EQ(answer.exit_code, 2);
  EXPECT_EQ(answer.out, "");
  EXPECT_THAT(answer.errors,
              StartsWith("simulate: --profile: there is no 'best', but partition, "));
  EXPECT_EQ(std::count(answer.errors.begin(), answer.errors.end(), '\n'), 1) << answer.errors;
}

}  // namespace
}  // namespace archive
