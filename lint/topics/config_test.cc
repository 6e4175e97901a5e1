// config_test.cc
//
// What can be agreed on, and what is said of each mistake.

#include "lint/topics/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery::lint {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Conventions agreed(const std::string& yaml) {
  std::vector<std::string> mistakes;
  auto conventions = read_conventions("t.yaml", yaml, mistakes);
  EXPECT_THAT(mistakes, IsEmpty());
  return conventions.value_or(Conventions());
}

std::vector<std::string> mistakes_in(const std::string& yaml) {
  std::vector<std::string> mistakes;
  const bool is_read = read_conventions("t.yaml", yaml, mistakes).has_value();
  EXPECT_EQ(is_read, mistakes.empty());
  return mistakes;
}

TEST(Config, EverythingCanBeSaid) {
  const Conventions all = agreed(R"(
pattern: "{domain}.{name}.v{version}"
parts:
  domain: [billing, shipping]
  name: {case: snake, length_max: 20}
case: kebab
length_max: 100
version: required
version_suffix: .v{number}
suffixes: {dead_letter: .dlq, retry: .retry, segment: ".s{number}"}
tests: {prefix: it-, sources: ["*_test.yaml"]}
exceptions:
  - {name: legacy_*, rules: [pattern, case], reason: until the move, until: 2027-01-31}
  - name: other
    reason: theirs
    until: 2027-02-28
disabled: [replication]
)");
  ASSERT_EQ(all.patterns.size(), 1U);
  const std::vector<Part>& parts = all.patterns[0].parts();
  EXPECT_THAT(parts[0].words, ElementsAre("billing", "shipping"));
  EXPECT_EQ(parts[0].style, Case::kKebab);
  EXPECT_EQ(parts[1].style, Case::kSnake);
  EXPECT_EQ(parts[1].length_max, 20U);
  EXPECT_TRUE(parts[2].is_number);
  EXPECT_EQ(all.length_max, 100U);
  EXPECT_EQ(all.version, Version::kRequired);
  EXPECT_EQ(all.dead_letter_suffix, ".dlq");
  EXPECT_EQ(all.segment_suffix, ".s{number}");
  EXPECT_EQ(all.tests.prefix, "it-");
  EXPECT_THAT(all.tests.sources, ElementsAre("*_test.yaml"));
  ASSERT_EQ(all.exceptions.size(), 2U);
  EXPECT_THAT(all.exceptions[0].rules, ElementsAre("case", "pattern"));
  EXPECT_EQ(all.exceptions[0].until, std::chrono::year(2027) / 1 / 31);
  EXPECT_EQ(all.exceptions[1].line, 14);
  EXPECT_THAT(all.exceptions[1].rules, IsEmpty());
  EXPECT_THAT(all.disabled, ElementsAre("replication"));
}

TEST(Config, AnEmptyFileAgreesOnNothing) {
  EXPECT_THAT(agreed("").patterns, IsEmpty());
  EXPECT_THAT(agreed("# nothing yet\n").patterns, IsEmpty());
}

TEST(Config, APresetIsChangedByWhatStandsBesideIt) {
  const Conventions changed = agreed(
      "parts: {type: [cdc]}\ncase: snake\nsuffixes: {dead_letter: -dlq}\n"
      "preset: domain.type.name.v1\n");
  EXPECT_THAT(changed.patterns[0].parts()[1].words, ElementsAre("cdc"));
  EXPECT_EQ(changed.patterns[0].parts()[2].style, Case::kSnake);
  EXPECT_EQ(changed.dead_letter_suffix, "-dlq");
  EXPECT_EQ(changed.retry_suffix, ".retry");
  EXPECT_EQ(agreed("{preset: name.v1, suffixes: {retry: }}").retry_suffix, "");
  // A pattern of one's own needs none of the preset's parts.
  EXPECT_EQ(agreed("{preset: domain.type.name.v1, pattern: '{name}'}").patterns[0].text(),
            "{name}");
}

TEST(Config, EachPresetCanBeRead) {
  for (const std::string& name : preset_names()) {
    EXPECT_THAT(mistakes_in("preset: " + name), IsEmpty()) << name;
    EXPECT_THAT(mistakes_in(preset_text(name)), IsEmpty()) << name;
  }
  EXPECT_EQ(preset_text("nothing"), "");
}

TEST(Config, UnknownWordsAreRefusedWithTheNearest) {
  EXPECT_THAT(mistakes_in("\nlenght_max: 3"),
              ElementsAre("t.yaml:2: unknown key 'lenght_max'; did you mean 'length_max'?"));
  EXPECT_THAT(mistakes_in("preset: domain.nam.v1"),
              ElementsAre("t.yaml:1: unknown preset 'domain.nam.v1'; did you mean "
                          "'domain.name.v1'?"));
  EXPECT_THAT(mistakes_in("case: kebap"),
              ElementsAre("t.yaml:1: unknown case 'kebap'; did you mean 'kebab'?"));
  EXPECT_THAT(mistakes_in("version: require"),
              ElementsAre("t.yaml:1: unknown version 'require'; did you mean 'required'?"));
  EXPECT_THAT(mistakes_in("disabled:\n  - replicaton"),
              ElementsAre("t.yaml:2: unknown rule 'replicaton'; did you mean 'replication'?"));
  EXPECT_THAT(mistakes_in("pattern: '{domain}.{name}'\nparts:\n  domian: [a]"),
              ElementsAre("t.yaml:3: unknown part 'domian'; did you mean 'domain'?"));
  EXPECT_THAT(mistakes_in("colour: red"),
              ElementsAre(HasSubstr("unknown key 'colour'; there are ")));
  EXPECT_THAT(mistakes_in("tests: {prefiks: a}"), ElementsAre(HasSubstr("'prefix'?")));
  EXPECT_THAT(mistakes_in("suffixes: {dead_leter: a}"), ElementsAre(HasSubstr("'dead_letter'?")));
}

TEST(Config, AllMistakesAreToldAtOnce) {
  EXPECT_EQ(mistakes_in("case: kebap\nlength_max: 250\nversion: maybe\n").size(), 3U);
}

TEST(Config, WhatIsWrongIsSaid) {
  const auto expect = [](const std::string& yaml, const std::string& text) {
    EXPECT_THAT(mistakes_in(yaml), Contains(HasSubstr(text))) << yaml;
  };
  expect("[a, b]", "t.yaml:1: a configuration is a map");
  expect("case: kebab\ncase: snake", "t.yaml:2: 'case' stands twice");
  expect("length_max: 0", "a number from 1 to 249");
  expect("length_max: many", "a number from 1 to 249");
  expect("pattern: '{a}{b}'", "pattern '{a}{b}': two parts need something between them");
  expect("pattern: []", "pattern is a text or a list of texts");
  expect("parts: {domain: [a]}", "there is no pattern to have parts");
  expect("{pattern: '{a}', parts: {a: [x y]}}", "each of parts.a: 'x y' has ' '");
  expect("{pattern: '{a}', parts: {a: []}}", "not empty");
  expect("suffixes: {dead_letter: ' dlq'}", "suffixes.dead_letter: ");
  expect("version_suffix: .v1", "has {number} in it");
  expect("tests: {prefix: }", "tests.prefix is a text");
  expect("a: [", "is no YAML");
  expect("a: *b", "t.yaml:1: is no YAML: the referenced anchor is not defined");
  expect("--- {}\n--- {}\n", "more than one document");
}

TEST(Config, AnExceptionNeedsAReasonAndADay) {
  const auto expect = [](const std::string& exception, const std::string& text) {
    EXPECT_THAT(mistakes_in("exceptions: [" + exception + "]"), Contains(HasSubstr(text)));
  };
  expect("{name: a, until: 2027-01-31}", "an exception needs reason");
  expect("{name: a, reason: '', until: 2027-01-31}", "reason is a text, and not empty");
  expect("{name: a, reason: b}", "an exception needs until");
  expect("{reason: b, until: 2027-01-31}", "an exception needs name");
  expect("{name: a, reason: b, until: soon}", "until 'soon': a day is 2027-01-31");
  expect("{name: a, reason: b, until: 2027-02-29}", "until '2027-02-29'");
  expect("{name: a, reason: b, until: 2027-01-31, rules: [casing]}", "unknown rule 'casing'");
  expect("a", "an exception is a map");
}

}  // namespace
}  // namespace rookery::lint
