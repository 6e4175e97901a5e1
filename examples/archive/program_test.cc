// program_test.cc
//
// The program as a person meets it: what it prints, and what it says when something is wrong. One
// clear line each, exit code 1, nothing on standard output, nothing lost unsaid.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rookery/runtime/time.h>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "examples/archive/archive_plan.h"
#include "examples/archive/awk_totals.h"
#include "examples/archive/child_process.h"

namespace archive {
namespace {

using namespace std::chrono_literals;
using rookery::deadline_in;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kProgram = "examples/archive/archive";
constexpr const char* kSample = "examples/archive/testdata/sample.txt";
// Nothing listens there: connections are refused at once.
constexpr const char* kNoBroker = "127.0.0.1:1";

std::vector<std::string> with_program(std::vector<std::string> words) {
  words.insert(words.begin(), kProgram);
  return words;
}

// What a failure looks like, whatever it was.
void expect_complaint(ChildProcess& child, const testing::Matcher<std::string>& what) {
  ASSERT_EQ(child.exit_code(deadline_in(40s)), 1) << child.errors();
  EXPECT_THAT(child.errors(), AllOf(StartsWith("archive: "), EndsWith("\n"), what));
  const std::string errors = child.errors();
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
}

void expect_complaint(std::vector<std::string> words, const testing::Matcher<std::string>& what,
                      const std::string& input = "") {
  ChildProcess child(with_program(std::move(words)), {.has_input = true});
  child.write(input);
  child.close_input();
  expect_complaint(child, what);
  EXPECT_EQ(child.output(), "");
}

TEST(Program, HelpNamesItsWords) {
  ChildProcess child({kProgram, "--help"});
  ASSERT_EQ(child.exit_code(deadline_in(20s)), 0) << child.errors();
  for (const char* word : {"run", "feed", "server", "report", "--brokers", "--input"}) {
    EXPECT_THAT(child.output(), HasSubstr(word));
  }
  EXPECT_EQ(child.errors(), "");
}

TEST(Program, WhatWasMistypedIsNamed) {
  expect_complaint({"frobnicate"}, HasSubstr("unknown command 'frobnicate'"));
  expect_complaint({"--frobnicate"}, HasSubstr("--frobnicate"));
  expect_complaint({"feed"}, HasSubstr("--brokers is missing"));
}

TEST(Program, AnInputThatIsNotThereIsNamed) {
  expect_complaint({"--input", "/nowhere/index.txt"},
                   HasSubstr("/nowhere/index.txt: No such file or directory"));
}

TEST(Program, GarbageIsNamedWithItsLine) {
  expect_complaint({"--input", "-"},
                   AllOf(HasSubstr("standard input, line 4: neither a field nor"),
                         HasSubstr("1 records were acknowledged")),
                   "Package: a\nVersion: 1\n\n\x01\x02\x03 garbage\n");
  expect_complaint({"--input", "-"}, HasSubstr("line 1: a stanza without Package"), "Version: 1\n");
}

TEST(Program, AnInputCutShortIsNamedWithItsLine) {
  expect_complaint({"--input", "-"}, HasSubstr("standard input, line 3: the input ends inside"),
                   "Package: a\n\nPackage: b");
}

TEST(Program, AnInputWithoutStanzasIsTooLongForMemory) {
  expect_complaint({"--input", "/dev/zero"}, HasSubstr("this is no package index"));
}

TEST(Program, AnIllegalTopicIsRefusedBeforeAnyBrokerIsAsked) {
  for (const char* word : {"run", "feed", "server", "report"}) {
    expect_complaint({word, "--brokers", kNoBroker, "--topic-prefix", "no spaces/"},
                     HasSubstr("no spaces/archive.packages.v1"));
  }
}

TEST(Program, AnUnknownSettingIsNamed) {
  for (const char* word : {"feed", "server", "report"}) {
    expect_complaint({word, "--brokers", kNoBroker, "--set", "frobnication.ms=1"},
                     HasSubstr("frobnication.ms"));
  }
  expect_complaint({"--input", kSample, "--set", "frobnication.ms=1"},
                   HasSubstr("frobnication.ms"));
}

TEST(Program, AnUnreachableBrokerIsOneLineAfterABoundedWait) {
  std::vector<std::unique_ptr<ChildProcess>> children;
  for (const char* word : {"run", "feed", "server", "report"}) {
    children.push_back(std::make_unique<ChildProcess>(
        std::vector<std::string>{kProgram, word, "--brokers", kNoBroker}));
  }
  for (const auto& child : children) {
    expect_complaint(*child, HasSubstr(std::string(kNoBroker) + ": no broker answers"));
    EXPECT_EQ(child->output(), "");
  }
}

TEST(Program, AFullDiskForItsOutputIsSaid) {
  for (const auto& words : {std::vector<std::string>{"--input", kSample},
                            {"--input", kSample, "--format", "json"},
                            {"--help"}}) {
    ChildProcess child(with_program(words), {.output = "/dev/full"});
    expect_complaint(child, HasSubstr("standard output: No space left on device"));
  }
}

TEST(Program, DoesEverythingInOneProcess) {
  ChildProcess child({kProgram, "--input", kSample, "--format", "json"});
  ASSERT_EQ(child.exit_code(deadline_in(40s)), 0) << child.errors();
  EXPECT_EQ(child.errors(), "");
  EXPECT_GT(nlohmann::json::parse(child.output()).at("records_per_second"), 0);
  const nlohmann::json sums = sums_of(child.output());
  EXPECT_EQ(sums.at("packages"), 144);
  EXPECT_EQ(sums.at("rejected"), (nlohmann::json{{"MissingField", 5}, {"OversizedStanza", 1}}));
  EXPECT_EQ(sums.size(), 3u);

  ChildProcess text({kProgram, "run", "--input", kSample});
  ASSERT_EQ(text.exit_code(deadline_in(40s)), 0) << text.errors();
  EXPECT_THAT(text.output(), AllOf(HasSubstr("Packages by section"), HasSubstr("MissingField"),
                                   HasSubstr("144 packages, ")));
}

// The dead letters of a run in this process.
nlohmann::json dead_letters_of(std::vector<std::string> words) {
  for (const char* word : {"--input", kSample, "--format", "json"}) words.emplace_back(word);
  words.insert(words.begin(), "dlq");
  ChildProcess child(with_program(std::move(words)));
  EXPECT_EQ(child.exit_code(deadline_in(40s)), 0) << child.errors();
  EXPECT_EQ(child.errors(), "");
  return nlohmann::json::parse(child.output(), nullptr, false);
}

TEST(Program, ListsShowsAndSendsBackDeadLetters) {
  const nlohmann::json all = dead_letters_of({"list"});
  EXPECT_EQ(all.at("matched"), 6);
  const nlohmann::json oversized = dead_letters_of({"list", "--class", "OversizedStanza"});
  ASSERT_EQ(oversized.at("matched"), 1);
  EXPECT_EQ(oversized.at("dead_letters").at(0).at("topic"), "archive.oversized.v1.dlq");
  const nlohmann::json one = dead_letters_of({"show", "archive.oversized.v1.dlq-0@0"});
  EXPECT_EQ(one.at("error_class"), "OversizedStanza");
  EXPECT_THAT(one.at("payload").at("text").get<std::string>(), HasSubstr("Package: "));
  const nlohmann::json dry = dead_letters_of({"redrive", "--since", "1h", "--dry-run"});
  EXPECT_EQ(dry.at("topics"), (nlohmann::json{{"archive.packages.v1", 6}}));
  const nlohmann::json sent = dead_letters_of({"redrive", "--class", "MissingField", "--yes"});
  EXPECT_EQ(sent.at("sent"), 5);
  EXPECT_EQ(sent.at("failed"), 0);
}

TEST(Program, ADlqCommandThatCannotBeIsOneLine) {
  expect_complaint({"dlq", "frobnicate"}, HasSubstr("unknown word 'frobnicate'"));
  expect_complaint({"dlq", "list", "--since", "soon"}, HasSubstr("'soon' is neither"));
  expect_complaint({"dlq", "show", "nowhere"}, HasSubstr("'nowhere' is no TOPIC-PARTITION@OFFSET"));
  expect_complaint({"dlq", "redrive", "--input", kSample}, HasSubstr("--yes"));
  expect_complaint({"dlq", "list", "--input", kSample, "--topic", "no.such.dlq"},
                   HasSubstr("no.such.dlq"));
  expect_complaint({"dlq", "list", "--brokers", kNoBroker},
                   HasSubstr(std::string(kNoBroker) + ": no broker answers"));
}

TEST(Program, ADlqCommandWithoutAWordPrintsItsHelp) {
  ChildProcess child({kProgram, "dlq"});
  ASSERT_EQ(child.exit_code(deadline_in(40s)), 0) << child.errors();
  for (const char* word : {"list", "show", "redrive"}) EXPECT_THAT(child.output(), HasSubstr(word));
}

TEST(Program, AnInputOfNothingHasTotalsOfNothing) {
  ChildProcess child({kProgram, "--input", "/dev/null", "--format", "json"});
  ASSERT_EQ(child.exit_code(deadline_in(40s)), 0) << child.errors();
  EXPECT_EQ(nlohmann::json::parse(child.output()).at("packages"), 0);
}

void expect_what_awk_says(const std::string& path) {
  ChildProcess child({kProgram, "--input", path, "--format", "json"});
  ASSERT_EQ(child.exit_code(deadline_in(120s)), 0) << child.errors();
  EXPECT_EQ(sums_of(child.output()), awk_sums(path));
}

TEST(TotalsByAwk, OfTheSampleAreTheSame) {
  ASSERT_EQ(awk_sums(kSample).at("packages"), 144);
  expect_what_awk_says(kSample);
}

TEST(TotalsByAwk, OfManyGeneratedStanzasAreTheSame) {
  const std::string path = testing::TempDir() + "/generated.txt";
  {
    std::ofstream file(path, std::ios::binary);
    const ArchivePlan plan;
    for (std::uint64_t i = 0; i < plan.packages(); ++i) file << plan.record(i).value << "\n\n";
    // Some once more: that changes nothing.
    for (std::uint64_t i = 0; i < plan.packages(); i += 7) file << plan.record(i).value << "\n\n";
    ASSERT_TRUE(file.flush().good());
  }
  const nlohmann::json awk = awk_sums(path);
  ASSERT_EQ(awk.at("packages"), 144 * ArchivePlan::kVariants);
  ChildProcess child({kProgram, "--input", path, "--format", "json"});
  ASSERT_EQ(child.exit_code(deadline_in(120s)), 0) << child.errors();
  nlohmann::json sums = sums_of(child.output());
  EXPECT_EQ(sums.at("packages"), awk.at("packages"));
  EXPECT_EQ(sums.at("sections"), awk.at("sections"));
  EXPECT_EQ(sums.at("rejected"), (nlohmann::json{{"MissingField", 5 * ArchivePlan::kVariants},
                                                 {"OversizedStanza", 1 * ArchivePlan::kVariants}}));
}

// Whatever this machine has: tens of thousands of packages, those installed, or none at all (then
// both say nothing, and the two tests above are all there is).
TEST(TotalsByAwk, OfThisMachinesIndexAreTheSame) {
  const std::string path = machine_index_file();
  ChildProcess child({kProgram, "--input", path, "--format", "json"});
  ASSERT_EQ(child.exit_code(deadline_in(120s)), 0) << child.errors();
  const nlohmann::json report = nlohmann::json::parse(child.output());
  RecordProperty("records_per_second", report.at("records_per_second").dump());
  EXPECT_EQ(sums_of(child.output()), awk_sums(path));
}

}  // namespace
}  // namespace archive
