// command_test.cc
//
// rookery-lint as it is called: words, exit codes, sources, formats, baselines, programs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace rookery::lint {
namespace {

using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

struct Outcome {
  std::string output;
  std::string errors;
  int exit_code = -1;
};

class Command : public ::testing::Test {
 protected:
  void SetUp() override {
    // Its own folder: no configuration of another test's is found in it.
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream stream(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  // A program that answers `routes --format json` as its script says.
  void write_program(const std::string& name, const std::string& script) {
    write(name, "#!/bin/sh\n[ \"$*\" = 'routes --format json' ] || exit 7\n" + script + "\n");
    chmod((folder_ / name).c_str(), 0755);
  }

  Outcome run(const std::string& words, const std::string& input = "") {
    write("input", input);
    const std::string command = "cd '" + folder_.string() + "' && '" + program() + "' " + words +
                                " <input >output 2>errors";
    const int status = std::system(command.c_str());
    return {read("output"), read("errors"), WIFEXITED(status) ? WEXITSTATUS(status) : -1};
  }

  void expect_refusal(const std::string& words, const std::string& text,
                      const std::string& input = "a\n") {
    SCOPED_TRACE(words);
    const Outcome outcome = run(words, input);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.output, IsEmpty());
    EXPECT_THAT(outcome.errors, AllOf(StartsWith("rookery-lint: "), HasSubstr(text)));
    EXPECT_EQ(std::count(outcome.errors.begin(), outcome.errors.end(), '\n'), 1) << outcome.errors;
  }

 private:
  static std::string program() {
    return std::filesystem::absolute(std::getenv("ROOKERY_LINT")).string();
  }
  std::filesystem::path folder_;
};

TEST_F(Command, HelpTeaches) {
  for (const char* words : {"", "--help", "help"}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.output,
                AllOf(HasSubstr("topics"), HasSubstr("Exit codes: 0 nothing found")));
  }
  const Outcome outcome = run("topics --help");
  EXPECT_EQ(outcome.exit_code, 0);
  for (const char* text : {"KafkaTopic", "--baseline", "Examples:", "preset: domain.type.name.v1",
                           "routes --format json | rookery-lint topics -"}) {
    EXPECT_THAT(outcome.output, HasSubstr(text));
  }
  EXPECT_THAT(run("topics --rules").output, HasSubstr("name-collision"));
  EXPECT_THAT(run("topics --show-preset name.v1").output, HasSubstr("'{name}.v{version}'"));
}

TEST_F(Command, ExitCodesTellCleanFoundAndMistyped) {
  EXPECT_EQ(run("topics -", "orders.v1\n").exit_code, 0);
  EXPECT_EQ(run("topics -", "a b\n").exit_code, 1);
  expect_refusal("frobnicate", "unknown word 'frobnicate'");
  expect_refusal("topics", "nothing to read");
  expect_refusal("topics --frobnicate -", "unknown word '--frobnicate'");
  expect_refusal("topics --format xml -", "xml");
  expect_refusal("topics --preset nothing -", "nothing");
  expect_refusal("topics --today soon -", "--today 'soon'");
  expect_refusal("topics nowhere.yaml", "nowhere.yaml: cannot be read");
  expect_refusal("topics .", ".: is a folder");
  expect_refusal("topics --config nowhere.yaml -", "nowhere.yaml: cannot be read");
  expect_refusal("topics --baseline nowhere.json -", "nowhere.json: cannot be read");
}

TEST_F(Command, NothingReadIsNotNothingWrong) {
  expect_refusal("topics -", "no topic name was found", "");
  expect_refusal("topics -", "no topic name was found", "\n\r\n# none\n");
  expect_refusal("topics -", "no topic name was found", "{\"a\": 1}");
}

TEST_F(Command, MistakesOfAConfigurationAreALineEach) {
  write("c.yaml", "lenght_max: 3\ncase: kebap\n");
  const Outcome outcome = run("topics --config c.yaml -", "a\n");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.errors,
            "rookery-lint: c.yaml:1: unknown key 'lenght_max'; did you mean 'length_max'?\n"
            "rookery-lint: c.yaml:2: unknown case 'kebap'; did you mean 'kebab'?\n");
}

TEST_F(Command, TheConfigurationOfTheFolderIsTaken) {
  EXPECT_EQ(run("topics -", "Orders\n").exit_code, 0);
  write(".rookery-topics.yaml", "preset: name.v1\n");
  EXPECT_EQ(run("topics -", "Orders\n").exit_code, 1);
  EXPECT_EQ(run("topics --preset kafka -", "Orders\n").exit_code, 0);
}

TEST_F(Command, SourcesOfAllKindsAreReadTogether) {
  write("topics.yaml", "topics:\n  - a.b\n");
  write("app.properties", "input.topic=a_b\n");
  const Outcome outcome = run("topics topics.yaml app.properties -", "c d\r\n");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("app.properties:1: name-collision: 'a_b' and 'a.b' "
                                        "(topics.yaml:2)"));
  EXPECT_THAT(outcome.output, HasSubstr("-:1: name-characters: 'c d'"));
  EXPECT_THAT(outcome.output, HasSubstr("topics: 2 findings\n"));
}

TEST_F(Command, FormatsAreThoseOfAllLinters) {
  const Json json = Json::parse(run("topics --format json -", "a b\n").output);
  EXPECT_EQ(json["findings"][0]["suggestion"], "a-b");
  EXPECT_EQ(Json::parse(run("topics --format sarif -", "a b\n").output)["version"], "2.1.0");
  EXPECT_THAT(run("topics --format github -", "a b\n").output, StartsWith("::error "));
}

TEST_F(Command, TestsAreKnownByAFlagOrByTheirFile) {
  write("c.yaml", "tests: {prefix: it-, sources: ['*_test.yaml']}\n");
  write("a_test.yaml", "topics: [orders]\n");
  EXPECT_THAT(run("topics --config c.yaml --tests -", "orders\n").output, HasSubstr("test-prefix"));
  EXPECT_THAT(run("topics --config c.yaml a_test.yaml").output, HasSubstr("test-prefix"));
  EXPECT_EQ(run("topics --config c.yaml -", "orders\n").exit_code, 0);
}

TEST_F(Command, ABaselineLetsAnOldProjectBegin) {
  const Outcome written = run("topics --write-baseline known.json -", "a b\nc d\n");
  EXPECT_EQ(written.exit_code, 0);
  EXPECT_EQ(written.output, "topics: 2 findings are known from now on, in known.json\n");
  EXPECT_EQ(run("topics --baseline known.json -", "a b\nc d\n").exit_code, 0);
  EXPECT_THAT(run("topics --baseline known.json -", "a b\nc d\ne f\n").output,
              AllOf(HasSubstr("'e f'"), HasSubstr("1 finding\n")));
  EXPECT_THAT(run("topics --baseline known.json -", "a b\n").output,
              HasSubstr("known.json:3: baseline-stale: 'c d'"));
  expect_refusal("topics --write-baseline nowhere/known.json -", "nowhere/known.json: cannot be");
}

TEST_F(Command, ExceptionsEndOnADayThatCanBeGiven) {
  write("c.yaml", "preset: name.v1\nexceptions: [{name: Old, reason: ours, until: 2027-01-31}]\n");
  EXPECT_EQ(run("topics --config c.yaml --today 2027-01-31 -", "Old\n").exit_code, 0);
  EXPECT_THAT(run("topics --config c.yaml --today 2027-02-01 -", "Old\n").output,
              HasSubstr("c.yaml:2: exception-expired: "));
}

TEST_F(Command, ProgramsAreAskedForTheirRoutes) {
  write_program("billing",
                "echo '{\"rookery_routes\": 1, \"groups\": [{\"name\": \"g\", \"topics\": "
                "[{\"name\": \"Orders 1\"}]}]}'; echo 'error: of no interest' >&2; exit 1");
  const Outcome outcome = run("topics --program ./billing");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.errors, "");
  EXPECT_THAT(outcome.output,
              StartsWith("billing#groups.g.topics.Orders 1: name-characters: 'Orders 1' has ' '"));
  write_program("broken", "echo 'error: no config' >&2; echo more >&2; exit 2");
  expect_refusal("topics --program ./broken",
                 "'./broken routes --format json' printed no routes: error: no config\n");
  write_program("silent", "exit 0");
  expect_refusal("topics --program ./silent", "printed no routes");
  // More than a pipe holds, on both ends at once.
  write_program("wordy",
                "head -c 300000 /dev/zero | tr '\\0' x >&2\n"
                "printf '{\"rookery_routes\": 1, \"groups\": [], \"topics\": [{\"name\": \"a\"}], "
                "\"x\": \"'; head -c 300000 /dev/zero | tr '\\0' x; printf '\"}'");
  EXPECT_EQ(run("topics --program ./wordy").exit_code, 0);
  expect_refusal("topics --program ./nowhere", "./nowhere: cannot be run: No such file");
}

TEST_F(Command, AFullDiskIsTold) {
  const Outcome outcome = run("topics - <input >/dev/full; echo $? >code; true", "a\n");
  EXPECT_EQ(read("code"), "2\n") << outcome.errors;
}

}  // namespace
}  // namespace rookery::lint
