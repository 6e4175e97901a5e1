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

Printed run(std::vector<std::string> words, const std::function<App()>& app = good_app) {
  Program program{.name = "tiny", .app = app, .world = World({.brokers = 3})};
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
  EXPECT_THAT(keys, UnorderedElementsAre("program", "seeds", "runs", "violations",
                                         "virtual_seconds", "wall_seconds", "steps", "records",
                                         "rebalances", "rejected", "faults", "trace_hash"));
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
