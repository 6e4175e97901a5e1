// campaign_main_test.cc
//
// The command line of a simulation: what it prints where, and its exit codes.

#include "simulations/explorer/campaign_main.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/processing/consumer.h>
#include <rookery/runtime/time.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace rookery::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

struct Printed {
  int exit_code = -1;
  std::string out;
  std::string error;
};

App app_that(std::function<void(const Record&)> consume) {
  App app({.client_id = "tiny"});
  app.group("tiny").topic("orders", {.consumer = consumer(std::move(consume))});
  return app;
}
App good_app() {
  return app_that([](const Record&) {});
}
App bad_app() {
  return app_that([](const Record&) { throw std::runtime_error("no"); });
}

Printed run(std::vector<std::string> words, const std::function<App()>& app = good_app,
            std::vector<Profile> profiles = {}) {
  Program program{.name = "tiny",
                  .app = app,
                  .world = World({.brokers = 3}),
                  .test = profiles.empty() ? "" : "//tiny:test",
                  .profiles = std::move(profiles)};
  program.world.topic("orders", {.partitions = 2});
  program.plan = Plan({.servers = 2, .faults = any_faults()});
  program.plan.produce("orders", 40, [](Draw& draw) { return record({.key = draw.key(5)}); });
  words.insert(words.begin(), "simulate");
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Printed printed;
  printed.exit_code = campaign_main(static_cast<int>(pointers.size()), pointers.data(), program);
  printed.out = ::testing::internal::GetCapturedStdout();
  printed.error = ::testing::internal::GetCapturedStderr();
  return printed;
}

TEST(CampaignMain, PrintsASummaryThatAPersonCanRead) {
  const Printed printed = run({"--seeds", "12"});
  EXPECT_EQ(printed.exit_code, 0);
  EXPECT_THAT(printed.out, StartsWith("tiny: 12 of 12 seeds, no violation\n"));
  EXPECT_THAT(printed.out, HasSubstr("records             480\n"));
  EXPECT_THAT(printed.out, HasSubstr("trace hash"));
  EXPECT_THAT(printed.error, IsEmpty());
}

TEST(CampaignMain, PrintsOneJsonObjectAndNothingElse) {
  const Printed printed = run({"--seeds=12", "--format=json"});
  EXPECT_EQ(printed.exit_code, 0);
  const auto json = nlohmann::json::parse(printed.out);
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_THAT(keys,
              UnorderedElementsAre("program", "seeds", "runs", "violations", "virtual_seconds",
                                   "wall_seconds", "steps", "records", "rebalances", "rejected",
                                   "faults", "trace_hash", "profile"));
  EXPECT_TRUE(json["profile"].is_null());
  EXPECT_EQ(json["program"], "tiny");
  EXPECT_EQ(json["runs"], 12);
  EXPECT_EQ(json["violations"].size(), 0U);
  EXPECT_EQ(json["records"], 480);
  EXPECT_GT(json["virtual_seconds"], 12 * 10.0);
  EXPECT_TRUE(json["faults"].is_object());
  EXPECT_FALSE(json["faults"].empty());

  const auto again = nlohmann::json::parse(run({"--seeds=12", "--format=json"}).out);
  EXPECT_EQ(json["trace_hash"], again["trace_hash"]);
  EXPECT_EQ(json["steps"], again["steps"]);
}

TEST(CampaignMain, AFailingSeedIsReplayedFromItsLine) {
  const Printed failed = run({"--seeds=3", "--violations=1", "--format=json"}, bad_app);
  EXPECT_EQ(failed.exit_code, 1);
  const auto violation = nlohmann::json::parse(failed.out)["violations"][0];
  EXPECT_EQ(violation["seed"], 1);
  EXPECT_EQ(violation["promise"], "everything is consumed in the end");
  const auto& shrunk = violation["shrunk"];
  EXPECT_EQ(shrunk["from"]["records"], 40);
  EXPECT_EQ(shrunk["to"]["members"], 1);
  EXPECT_EQ(shrunk["to"]["records"], 1);
  EXPECT_EQ(shrunk["to"]["faults"], 0);
  EXPECT_GT(shrunk["runs"], 10);
  EXPECT_EQ(shrunk["complete"], true);
  const std::string line = violation["replay"];

  const Printed replayed = run({"--replay", line}, bad_app);
  EXPECT_EQ(replayed.exit_code, 1);
  EXPECT_THAT(replayed.out, HasSubstr("the same trace"));
  EXPECT_THAT(replayed.out, HasSubstr("run it again  ./rookery simulate --replay " + line + "\n"));

  const Printed repaired = run({"--replay", line}, good_app);
  EXPECT_EQ(repaired.exit_code, 0);
}

TEST(CampaignMain, AFailureIsToldAsFoundWhenThatIsWanted) {
  const Printed failed =
      run({"--seeds=3", "--violations=1", "--no-shrink", "--format=json"}, bad_app);
  const auto violation = nlohmann::json::parse(failed.out)["violations"][0];
  EXPECT_TRUE(violation["shrunk"].is_null());
  const std::string line = violation["replay"];
  EXPECT_THAT(line, StartsWith("r1:"));
  const Printed replayed = run({"--replay", line}, bad_app);
  EXPECT_THAT(replayed.out, HasSubstr("the same trace"));
  EXPECT_THAT(replayed.out, HasSubstr(" 40 records, "));
}

TEST(CampaignMain, AReplayOfAnotherProgramSaysSo) {
  const Printed failed = run({"--seeds=3", "--violations=1", "--format=json"}, bad_app);
  const std::string line = nlohmann::json::parse(failed.out)["violations"][0]["replay"];
  const auto slower_app = [] {
    return app_that([](const Record&) {
      sleep_until(deadline_in(std::chrono::milliseconds(5)));
      throw std::runtime_error("no");
    });
  };
  const Printed replayed = run({"--replay", line}, slower_app);
  EXPECT_EQ(replayed.exit_code, 1);
  EXPECT_THAT(replayed.out, HasSubstr("the trace differs"));
}

TEST(CampaignMain, TracesOnStandardError) {
  const Printed printed = run({"--seeds=1", "--trace"});
  EXPECT_THAT(printed.error, HasSubstr("consume orders-"));
  EXPECT_THAT(printed.error, HasSubstr("group tiny is in generation"));
  EXPECT_THAT(printed.out, StartsWith("tiny: 1 of 1 seeds"));
}

TEST(CampaignMain, TracingChangesNothing) {
  const auto hash = [](std::vector<std::string> words) {
    words.push_back("--format=json");
    return std::string(nlohmann::json::parse(run(words).out).at("trace_hash"));
  };
  EXPECT_EQ(hash({"--seeds=3"}), hash({"--seeds=3", "--trace"}));
}

TEST(CampaignMain, BeginsWhereItIsTold) {
  const auto hash = [](const std::string& first) {
    return std::string(nlohmann::json::parse(
        run({"--seeds=1", "--seed-start=" + first, "--format=json"}).out)["trace_hash"]);
  };
  EXPECT_NE(hash("1"), hash("2"));
  EXPECT_EQ(hash("2"), hash("2"));
}

// ---- Profiles

std::vector<Profile> good_and_bad() {
  return {{.name = "good", .what = "as it should be", .app = good_app, .test_filter = "*/good"},
          {.name = "bad", .what = "as it should not be", .app = bad_app, .test_filter = "*/bad"}};
}

TEST(CampaignMain, RunsTheFirstProfileUnlessToldOtherwise) {
  const Printed good = run({"--seeds=2"}, {}, good_and_bad());
  EXPECT_EQ(good.exit_code, 0);
  EXPECT_THAT(good.out, StartsWith("tiny as good: 2 of 2 seeds, no violation\n"));
  const Printed bad = run({"--seeds=1", "--no-shrink", "--profile=bad"}, {}, good_and_bad());
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.out, StartsWith("tiny as bad: 1 of 1 seeds, 1 violations\n"));
}

TEST(CampaignMain, AFailureOfAProfileIsReplayedByTheCommandThatNamesIt) {
  const Printed failed =
      run({"--seeds=2", "--violations=1", "--no-shrink", "--profile", "bad"}, {}, good_and_bad());
  const std::string command = "run it again  ./rookery simulate ";
  const std::size_t at = failed.out.find(command);
  ASSERT_NE(at, std::string::npos) << failed.out;
  const std::size_t from = at + command.size();
  const std::string words = failed.out.substr(from, failed.out.find('\n', at) - from);
  EXPECT_THAT(words, StartsWith("--profile bad --replay r1:"));
  const std::string line = words.substr(words.rfind(' ') + 1);
  EXPECT_THAT(failed.out, HasSubstr("or            bazel test //tiny:test '--test_filter=*/bad' "
                                    "--test_arg=--replay=" +
                                    line + "\n"));
  const Printed replayed = run({"--profile", "bad", "--replay", line}, {}, good_and_bad());
  EXPECT_EQ(replayed.exit_code, 1);
  EXPECT_THAT(replayed.out, HasSubstr("the same trace"));
  EXPECT_EQ(run({"--profile", "good", "--replay", line}, {}, good_and_bad()).exit_code, 0);
}

TEST(CampaignMain, AllProfilesShareTheSeeds) {
  const Printed printed =
      run({"--seeds=5", "--no-shrink", "--profile=all", "--format=json"}, {}, good_and_bad());
  EXPECT_EQ(printed.exit_code, 1);
  const auto json = nlohmann::json::parse(printed.out);
  EXPECT_EQ(json["profile"], "all");
  EXPECT_EQ(json["seeds"], 5);
  EXPECT_EQ(json["runs"], 5);
  EXPECT_EQ(json["records"], 5 * 40);
  ASSERT_EQ(json["violations"].size(), 2U);
  EXPECT_EQ(json["violations"][0]["profile"], "bad");
  ASSERT_EQ(json["profiles"].size(), 2U);
  EXPECT_EQ(json["profiles"][0]["profile"], "good");
  EXPECT_EQ(json["profiles"][0]["runs"], 3);
  EXPECT_EQ(json["profiles"][0]["violations"].size(), 0U);
  EXPECT_EQ(json["profiles"][1]["profile"], "bad");
  EXPECT_EQ(json["profiles"][1]["runs"], 2);

  const Printed text = run({"--seeds=2", "--no-shrink", "--profile=all"}, {}, good_and_bad());
  EXPECT_THAT(text.out, StartsWith("tiny as good: 1 of 1 seeds, no violation\n"));
  EXPECT_THAT(text.out, HasSubstr("\n\ntiny as bad: 1 of 1 seeds, 1 violations\n"));
}

TEST(CampaignMain, WhatIsAskedForWronglyOfProfilesIsOneLineAndTwo) {
  const std::string line = nlohmann::json::parse(
      run({"--seeds=1", "--no-shrink", "--format=json"}, bad_app).out)["violations"][0]["replay"];
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--profile", "best"}, "simulate: --profile: there is no 'best', but good, bad, all\n"},
      {{"--profile", "all", "--seeds", "1"},
       "simulate: --seeds: 1 are too few for 2 profiles, each takes at least 1\n"},
      {{"--profile", "all", "--replay", line},
       "simulate: --replay: a line is of one profile, which the command with it names: "
       "--profile NAME\n"}};
  for (const auto& [words, error] : cases) {
    const Printed printed = run(words, {}, good_and_bad());
    EXPECT_EQ(printed.exit_code, 2) << error;
    EXPECT_EQ(printed.error, error);
    EXPECT_THAT(printed.out, IsEmpty());
  }
  EXPECT_EQ(run({"--profile", "good"}).exit_code, 2) << "a program without profiles";
}

TEST(CampaignMain, WrongUsageIsOneLineAndTwo) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--seedz", "3"},
                                             {"--seeds", "x"},
                                             {"--seeds", "0"},
                                             {"--format", "xml"},
                                             {"--replay", "r1:12"},
                                             {"--replay", "r2:12"},
                                             {"--shrink-seconds", "0"},
                                             {"--minutes", "-1"}}) {
    const Printed printed = run(words);
    EXPECT_EQ(printed.exit_code, 2) << words[0];
    EXPECT_THAT(printed.out, IsEmpty());
    EXPECT_THAT(printed.error, StartsWith("simulate: "));
    EXPECT_EQ(std::count(printed.error.begin(), printed.error.end(), '\n'), 1) << printed.error;
  }
}

}  // namespace
}  // namespace rookery::testing
