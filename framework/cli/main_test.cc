// main_test.cc
//
// The words of a program that need no broker, as they are typed.
#include <rookery/cli/main.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace rookery {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

App billing() {
  App app({.client_id = "billing"});
  app.group("billing").topic("orders.v1", {.consumer = consumer([](const Record&) {})});
  app.declare({.name = "orders.v1", .partitions = 6, .replication_factor = 3});
  return app;
}

int billing_main(int argc, char** argv) { return rookery::main(billing, argc, argv); }

struct Outcome {
  int exit_code = 0;
  std::string output;
  std::string errors;
};

Outcome run(std::vector<std::string> words) {
  words.insert(words.begin(), "billing");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.exit_code = billing_main(static_cast<int>(arguments.size()), arguments.data());
  outcome.output = ::testing::internal::GetCapturedStdout();
  outcome.errors = ::testing::internal::GetCapturedStderr();
  return outcome;
}

TEST(Main, RoutesAreTextUnlessJsonIsAskedFor) {
  EXPECT_EQ(run({"routes"}).output, "group billing\n  topic orders.v1\n");
  const Outcome outcome = run({"routes", "--format", "json"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.errors, "");
  const auto json = nlohmann::json::parse(outcome.output);
  EXPECT_EQ(json["groups"][0]["topics"][0]["name"], "orders.v1");
  EXPECT_EQ(json["topics"][0]["replication_factor"], 3);
}

TEST(Main, AnUnknownFormatIsOneLine) {
  const Outcome outcome = run({"routes", "--format", "xml"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, IsEmpty());
  EXPECT_THAT(outcome.errors, HasSubstr("xml"));
  EXPECT_EQ(std::count(outcome.errors.begin(), outcome.errors.end(), '\n'), 1);
}

TEST(Main, HelpIsThatOfTheProgramHoweverItIsAskedFor) {
  const std::string help = run({"--help"}).output;
  EXPECT_THAT(help, HasSubstr("routes"));
  EXPECT_EQ(run({"help"}).output, help);
  EXPECT_EQ(run({}).output, help);
}

}  // namespace
}  // namespace rookery
