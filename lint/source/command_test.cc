// command_test.cc
//
// rookery-lint source as it is called, on trees with one mistake each: it is found, with its place.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
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

class SourceCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    write("framework/base/a.cc", kClean);
    write("framework/base/BUILD",
          "package(default_visibility = [\"//visibility:public\"])\n\"a.cc\"\n");
    write("README.md", "Nothing.\n");
  }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  Outcome run(const std::string& words, const std::string& input = kPaths) {
    write("input", input);
    const std::string command = "cd '" + folder_.string() + "' && '" + program() + "' source " +
                                words + " <input >output 2>errors";
    const int status = std::system(command.c_str());
    return {read("output"), read("errors"), WIFEXITED(status) ? WEXITSTATUS(status) : -1};
  }

  // Plants a mistake, and wants it told as the only one, at that place.
  void expect_finding(const std::string& file, const std::string& text, const std::string& place) {
    SCOPED_TRACE(place);
    write(file, text);
    const Outcome outcome = run("-");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.output, StartsWith(place));
    EXPECT_THAT(outcome.output, HasSubstr("source: 1 finding\n"));
    SetUp();
  }

  static constexpr const char* kPaths = "framework/base/a.cc\nframework/base/BUILD\nREADME.md\n";
  static constexpr const char* kClean = "// a.cc\n//\n// What it is for.\nint a;\n";

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

TEST_F(SourceCommand, ACleanTreeHasNoFindings) {
  const Outcome outcome = run("-");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(outcome.output, "source: no findings\n");
  EXPECT_EQ(run("--root framework base/a.cc").exit_code, 0);
}

TEST_F(SourceCommand, APlantedMistakeIsToldWithItsPlace) {
  const std::string clean = kClean;
  std::string body;
  for (int i = 0; i < 70; ++i) body += "g();\n";
  expect_finding("framework/base/a.cc", clean + "auto b = std::chrono::steady_clock::now();\n",
                 "framework/base/a.cc:5: os-time: ");
  expect_finding("framework/base/a.cc", clean + "#include <rookery/cli/main.h>\n",
                 "framework/base/a.cc:5: layering: ");
  expect_finding("framework/base/a.cc", "int a;\n", "framework/base/a.cc:1: banner: ");
  expect_finding("framework/base/a.cc", clean + "void f() {\n" + body + "}\n",
                 "framework/base/a.cc:5: function-length: f has 72 lines");
  expect_finding("framework/base/a.cc", clean + std::string(397, '\n'),
                 "framework/base/a.cc:401: file-length: 401 lines");
  expect_finding("framework/base/a.cc", clean + "TEST(A, Test1) {}\n",
                 "framework/base/a.cc:5: test-name: ");
  expect_finding("framework/base/a.cc",
                 clean + "std::unordered_set<int> b;\nvoid f() { for (int c : b) g(c); }\n",
                 "framework/base/a.cc:6: unordered-iteration: b ");
  expect_finding("framework/base/BUILD", "\"a.cc\"\n",
                 "framework/base/BUILD:1: build-visibility: ");
  expect_finding("README.md", "a\n\n```cpp\nint b;\n```\n", "README.md:3: snippet: ");
}

TEST_F(SourceCommand, TheListOfLengthsIsReadAndHeldAgainstTheTree) {
  write("lengths.yaml", "- {file: framework/base/b.cc, lines_max: 500, reason: soon}\n");
  EXPECT_THAT(run("--lengths lengths.yaml -").output,
              StartsWith("lengths.yaml:1: length-stale: framework/base/b.cc is no longer"));
  write("lengths.yaml", "- {file: framework/base/a.cc, lines_max: 500, reason: soon}\n");
  write("framework/base/a.cc", kClean + std::string(397, '\n'));
  EXPECT_EQ(run("--lengths lengths.yaml -").exit_code, 0);
  write("lint/source/lengths.yaml", "- {file: framework/base/a.cc, lines_max: 399}\n");
  const Outcome outcome = run("-");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.errors,
            "rookery-lint: lint/source/lengths.yaml:1: an entry needs the key 'reason'\n"
            "rookery-lint: lint/source/lengths.yaml:1: lines_max is a number above 400\n");
}

TEST_F(SourceCommand, FormatsAreThoseOfAllLinters) {
  write("framework/base/a.cc", "int a;\n");
  const Json json = Json::parse(run("--format json -").output);
  EXPECT_EQ(json["findings"][0]["place"], "framework/base/a.cc:1");
  EXPECT_EQ(Json::parse(run("--format sarif -").output)["version"], "2.1.0");
  EXPECT_THAT(run("--format github -").output,
              StartsWith("::error file=framework/base/a.cc,line=1,title=source banner::"));
}

TEST_F(SourceCommand, WhatCannotBeReadIsALineAndNoCleanTree) {
  for (const auto& [words, input, text] : {
           std::array<const char*, 3>{"", "", "nothing to read"},
           {"-", "", "no paths on standard input"},
           {"nowhere.cc", "", "nowhere.cc: cannot be read"},
           {"-", "nowhere.md\n", "nowhere.md: cannot be read"},
           {"output", "", "no rule knows such files"},
           {"--lengths nowhere.yaml -", kPaths, "nowhere.yaml: cannot be read"},
           {"--frobnicate -", kPaths, "unknown word '--frobnicate'"},
       }) {
    SCOPED_TRACE(words);
    const Outcome outcome = run(words, input);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.output, IsEmpty());
    EXPECT_THAT(outcome.errors, HasSubstr(text));
    EXPECT_EQ(std::count(outcome.errors.begin(), outcome.errors.end(), '\n'), 1);
  }
}

TEST_F(SourceCommand, HelpTeachesAndRulesAreListed) {
  EXPECT_THAT(run("--help").output, HasSubstr("// allow(os-time): measures the simulator"));
  EXPECT_THAT(run("--rules").output, HasSubstr("unordered-iteration"));
}

}  // namespace
}  // namespace rookery::lint
