// bench_test.cc
//
// The program as it is called: every figure that needs no broker is measured, in tiny sizes, and
// what is printed has the promised shape. How fast it was is not looked at.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Outcome {
  std::string output;  // standard output
  int exit_code = -1;
};

Outcome run_bench(const std::string& arguments) {
  const std::string command = std::string(std::getenv("BENCH")) + " " + arguments;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  Outcome outcome;
  std::array<char, 4096> buffer{};
  for (;;) {
    const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe);
    if (count == 0) break;
    outcome.output.append(buffer.data(), count);
  }
  const int status = pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  lines.pop_back();
  return lines;
}

TEST(Bench, PrintsGooglesJsonWithTheFigures) {
  const std::vector<std::string> names = lines_of(run_bench("--list").output);
  ASSERT_THAT(names, Not(IsEmpty()));
  EXPECT_THAT(names, Contains("consume.framework"));

  const Outcome outcome = run_bench("--quick --format json");
  EXPECT_EQ(outcome.exit_code, 0);
  const auto document = nlohmann::json::parse(outcome.output, nullptr, false);
  ASSERT_TRUE(document.is_object()) << outcome.output;
  EXPECT_TRUE(document["context"].is_object());
  const auto& figures = document["figures"];
  ASSERT_TRUE(figures.is_object());
  std::size_t expected = 0;
  for (const std::string& name : names) {
    if (name.starts_with("consume.")) continue;  // no broker here
    ++expected;
    SCOPED_TRACE(name);
    ASSERT_TRUE(figures.contains(name));
    const auto& figure = figures[name];
    EXPECT_GT(figure["value"].get<double>(), 0);
    EXPECT_GT(figure["target"].get<double>(), 0);
    EXPECT_THAT(figure["better"].get<std::string>(), AnyOf("higher", "lower"));
    EXPECT_THAT(figure["unit"].get<std::string>(), Not(IsEmpty()));
    ASSERT_TRUE(figure.contains("raw"));
    EXPECT_TRUE(figure["raw"].is_null() || figure["raw"].get<double>() > 0);
    EXPECT_EQ(figure.size(), 5U);
  }
  EXPECT_EQ(figures.size(), expected);
  EXPECT_EQ(document["benchmarks"].size(), expected);
}

TEST(Bench, PrintsATable) {
  const Outcome outcome = run_bench("--quick --filter '^scheduler'");
  EXPECT_EQ(outcome.exit_code, 0);
  const std::vector<std::string> lines = lines_of(outcome.output);
  ASSERT_EQ(lines.size(), 2U) << outcome.output;
  EXPECT_TRUE(lines[0].starts_with("figure"));
  EXPECT_TRUE(lines[1].starts_with("scheduler.steps"));
  EXPECT_THAT(lines[1], HasSubstr("steps/s"));
}

TEST(Bench, RefusesWhatItDoesNotKnow) {
  for (const char* arguments :
       {"--frobnicate", "--format xml", "--filter '('", "--filter nothing"}) {
    SCOPED_TRACE(arguments);
    const Outcome outcome = run_bench(arguments);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.output, IsEmpty());
  }
}

}  // namespace
