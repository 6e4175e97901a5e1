// golden.cc
//
// Told, masked, compared; or written, when they are to be renewed.

#include "simulations/explorer/golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>
#include <utility>
#include <vector>

#include "simulations/explorer/campaign.h"

namespace rookery::sim {
namespace {

std::string masked(std::string text) {
  const std::pair<const char*, const char*> masks[] = {
      {"^seed [0-9]+ ", "seed N "},
      {R"(\(from [0-9, ]+\))", "(from A, B, C, D)"},
      {"at [0-9.]+ s, step [0-9]+", "at T s, step N"},
      {"r2:[A-Za-z0-9_-]+", "r2:..."}};
  for (const auto& [pattern, mask] : masks) {
    text = std::regex_replace(text, std::regex(pattern), mask);
  }
  return text;
}

std::string told(const RunFunction& run, std::uint64_t seeds) {
  const testing::Report report = run_campaign(
      {.run = run,
       // Small is small on a slow machine, too.
       .options = {.seeds = seeds,
                   .threads = 1,
                   .violations_most = 1,
                   .shrink_time_most = std::chrono::minutes(30)},
       .commands = [](const std::string& line) {
         return std::vector<std::string>{"./rookery simulate --replay " + line,
                                         "bazel test //billing:test --test_arg=--replay=" + line};
       }});
  if (report.violations.empty()) return "nothing is broken\n";
  EXPECT_TRUE(report.violations[0].shrunk && report.violations[0].shrunk->is_complete);
  return masked(report.violations[0].story());
}

// The root of the sources when files are to be renewed; otherwise empty.
std::string root_to_renew() {
  const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  const std::vector<std::string> arguments = ::testing::internal::GetArgvs();
  const bool is_asked = std::find(arguments.begin(), arguments.end(), "--renew") != arguments.end();
  return is_asked && workspace != nullptr ? workspace : "";
}

}  // namespace

void expect_golden_story(const RunFunction& run, std::uint64_t seeds, const std::string& file) {
  const std::string text = told(run, seeds);
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 25);
  if (const std::string root = root_to_renew(); !root.empty()) {
    std::ofstream(root + "/" + file) << text;
    return;
  }
  std::ifstream stored(file);
  ASSERT_TRUE(stored) << "there is no " << file;
  std::ostringstream expected;
  expected << stored.rdbuf();
  EXPECT_EQ(text, expected.str()) << "if it is meant, run this test by bazel run, with -- --renew";
}

}  // namespace rookery::sim
