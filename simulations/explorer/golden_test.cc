// golden_test.cc
//
// The whole text of some failures, as people read it, against files in testdata/. What differs with
// every change of the simulator is masked: the seed, the size before shrinking, the step, the
// letters of the replay line.
//
// To renew the files after a change of the text: bazel run //simulations/explorer:golden_test --
// --renew and read the difference before committing it.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <ostream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "simulations/explorer/campaign.h"
#include "simulations/explorer/canaries.h"

namespace rookery::sim {
namespace {

// So many seeds are enough for each.
constexpr std::uint64_t kSeeds = 200;
constexpr const char* kFolder = "simulations/explorer/testdata/";

struct Golden {
  std::string file;
  RunFunction run;
};
void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.file; }

std::vector<Golden> goldens() {
  std::vector<Golden> all;
  for (const char* name : {"marks too early", "loses outputs", "passes a record over",
                           "never succeeds", "locks in two orders"}) {
    std::string file = name;
    std::replace(file.begin(), file.end(), ' ', '_');
    all.push_back({file, canary(name).run()});
  }
  return all;
}

std::string masked(std::string text) {
  const std::pair<const char*, const char*> masks[] = {
      {"^seed [0-9]+ ", "seed N "},
      {R"(\(from [0-9, ]+\))", "(from A, B, C, D)"},
      {"at [0-9.]+ s, step [0-9]+", "at T s, step N"},
      {"r2:[A-Za-z0-9_-]+", "r2:..."}};
  for (const auto& [pattern, mask] : masks)
    text = std::regex_replace(text, std::regex(pattern), mask);
  return text;
}

std::string told(const RunFunction& run) {
  const testing::Report report = run_campaign(
      {.run = run,
       // Small is small on a slow machine, too.
       .options = {.seeds = kSeeds,
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

// The folder of the sources when they are to be renewed; otherwise empty.
std::string folder_to_renew() {
  const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  for (const std::string& argument : ::testing::internal::GetArgvs()) {
    if (argument == "--renew" && workspace != nullptr)
      return std::string(workspace) + "/" + kFolder;
  }
  return {};
}

class GoldenText : public ::testing::TestWithParam<Golden> {};

INSTANTIATE_TEST_SUITE_P(All, GoldenText, ::testing::ValuesIn(goldens()),
                         [](const ::testing::TestParamInfo<Golden>& tested) {
                           return tested.param.file;
                         });

TEST_P(GoldenText, IsAsItWas) {
  const std::string text = told(GetParam().run);
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 25);
  const std::string file = GetParam().file + ".txt";
  if (const std::string folder = folder_to_renew(); !folder.empty()) {
    std::ofstream(folder + file) << text;
    return;
  }
  std::ifstream stored(kFolder + file);
  ASSERT_TRUE(stored) << "there is no " << kFolder << file;
  std::ostringstream expected;
  expected << stored.rdbuf();
  EXPECT_EQ(text, expected.str())
      << "if it is meant: bazel run //simulations/explorer:golden_test -- --renew";
}

}  // namespace
}  // namespace rookery::sim
