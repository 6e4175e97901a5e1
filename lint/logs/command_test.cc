// command_test.cc
//
// rookery-lint logs as it is called: files and streams, exit codes, allow-lists, formats.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

namespace rookery::lint {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

struct Outcome {
  std::string output;
  std::string errors;
  int exit_code = -1;
};

constexpr const char* kQuiet =
    "[2026-11-24 05:07:14,123] INFO started (kafka.server.KafkaServer)\n";
constexpr const char* kLoud =
    "[2026-11-24 05:07:15,123] ERROR disk is full (kafka.log.LogManager)\n";

class LogsCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    write("a.log", kQuiet);
    write("b.log", std::string(kQuiet) + kLoud);
    write("allow.yaml", "- {pattern: disk is full, reason: a small disk, until: 2027-01-31}\n");
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  Outcome run(const std::string& words, const std::string& input = "") {
    write("input", input);
    const std::string command = "cd '" + folder_.string() + "' && '" + program() + "' logs " +
                                words + " <input >output 2>errors";
    const int status = std::system(command.c_str());
    return {read("output"), read("errors"), WIFEXITED(status) ? WEXITSTATUS(status) : -1};
  }

 private:
  std::string read(const std::string& name) const {
    std::ifstream stream(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static std::string program() {
    return std::filesystem::absolute(std::getenv("ROOKERY_LINT")).string();
  }
  std::filesystem::path folder_;
};

TEST_F(LogsCommand, AQuietLogIsClean) {
  const Outcome outcome = run("a.log");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(outcome.output, "logs: no findings\n");
}

TEST_F(LogsCommand, APlantedErrorIsToldWithItsPlace) {
  Outcome outcome = run("a.log b.log");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.output,
            "b.log:2: log-error: disk is full (kafka.log.LogManager)\nlogs: 1 finding\n");
  outcome = run("-", std::string(kQuiet) + kLoud);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, StartsWith("-:2: log-error: disk is full"));
}

TEST_F(LogsCommand, AnAllowListExplainsUntilItsDay) {
  EXPECT_EQ(run("--allow allow.yaml --today 2027-01-31 b.log").exit_code, 0);
  const Outcome outcome = run("--allow allow.yaml --today 2027-02-01 b.log");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("b.log:2: log-error: "));
  EXPECT_THAT(outcome.output, HasSubstr("allow.yaml:1: allow-expired: "));
}

TEST_F(LogsCommand, WhatExplainsNothingIsToldUnlessTheLogsArePartial) {
  const Outcome outcome = run("--allow allow.yaml --today 2026-11-24 a.log");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, StartsWith("allow.yaml:1: allow-unused: "));
  EXPECT_EQ(run("--partial --allow allow.yaml --today 2026-11-24 a.log").exit_code, 0);
}

TEST_F(LogsCommand, AllowListsAddUp) {
  write("more.yaml", "- {pattern: slow, reason: a slow disk, until: 2027-01-31}\n");
  write("c.log", "[2026-11-24 05:07:15,123] WARN slow (kafka.log.LogManager)\n");
  EXPECT_EQ(
      run("--allow allow.yaml --allow more.yaml --today 2026-11-24 a.log b.log c.log").exit_code,
      0);
}

TEST_F(LogsCommand, FormatsAreThoseOfAllLinters) {
  const Json json = Json::parse(run("--format json b.log").output);
  EXPECT_EQ(json["findings"][0]["rule"], "log-error");
  EXPECT_EQ(json["findings"][0]["place"], "b.log:2");
  EXPECT_EQ(json["findings"][0]["name"], "kafka.log.LogManager");
  EXPECT_EQ(Json::parse(run("--format sarif b.log").output)["version"], "2.1.0");
  EXPECT_THAT(run("--format github b.log").output,
              StartsWith("::error file=b.log,line=2,title=logs log-error::disk is full"));
  write("c.log", "[2026-11-24 05:07:15,123] WARN A\xff\x1b[31m (a.B)\n");
  EXPECT_THAT(Json::parse(run("--format json c.log").output)["findings"][0]["message"],
              StartsWith("A"));
}

TEST_F(LogsCommand, WhatCannotBeReadIsALineAndNoQuietLog) {
  write("no.log", "nothing that a broker says\n");
  write("empty.log", "");
  write("wrong.yaml", "- {pattern: 'a(', reason: b, until: 2027-01-31}\n");
  for (const auto& [words, text] : std::initializer_list<std::pair<std::string, std::string>>{
           {"", "nothing to read"},
           {"nowhere.log", "nowhere.log: cannot be read"},
           {".", ".: is a folder"},
           {"a.log no.log", "no.log: no line of it begins an entry"},
           {"empty.log", "the logs are empty"},
           {"-", "the logs are empty"},
           {"--allow nowhere.yaml a.log", "nowhere.yaml: cannot be read"},
           {"--allow wrong.yaml a.log", "wrong.yaml:1: the pattern 'a(' is no RE2"},
           {"--today soon a.log", "--today 'soon'"},
           {"--format xml a.log", "xml"},
           {"--frobnicate a.log", "unknown word '--frobnicate'"}}) {
    SCOPED_TRACE(words);
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.output, IsEmpty());
    EXPECT_THAT(outcome.errors, HasSubstr(text));
    EXPECT_EQ(std::count(outcome.errors.begin(), outcome.errors.end(), '\n'), 1);
  }
  // A node that has said nothing yet, beside one that has.
  EXPECT_EQ(run("a.log empty.log").exit_code, 0);
}

TEST_F(LogsCommand, HelpTeachesAndRulesAreListed) {
  EXPECT_THAT(run("--help").output, HasSubstr("kubectl logs kafka-0"));
  EXPECT_THAT(run("--rules").output, HasSubstr("allow-unused"));
}

}  // namespace
}  // namespace rookery::lint
