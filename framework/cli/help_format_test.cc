// help_format_test.cc
//
// Help fits where it is read, and says nothing in CLI11's own words.
#include <rookery/cli/help_format.h>

#include <CLI/CLI.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace rookery {
namespace {

using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;

TEST(HelpFormat, LinesBreakBetweenWords) {
  EXPECT_EQ(wrapped("one two three", 7), "one two\nthree");
  EXPECT_EQ(wrapped("one two three", 7, 2), "one two\n  three");
  EXPECT_EQ(wrapped("one  two", 20), "one  two");
  EXPECT_EQ(wrapped("a-word-longer-than-a-line b", 5), "a-word-longer-than-a-line\nb");
  EXPECT_EQ(wrapped("one\ntwo", 20, 1), "one\n two");
  EXPECT_EQ(wrapped("", 20), "");
}

TEST(HelpFormat, IsReadable) {
  CLI::App line("A program");
  line.name("billing");
  line.formatter(help_format(0));
  CLI::App* word = line.add_subcommand("orders", "print orders");
  std::string format;
  bool is_all = false;
  CLI::Option* all = word->add_flag("--all", is_all, "all of them");
  word->add_option("--format", format,
                   "text or json, and so many words that they stand in more lines than in one")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT")
      ->required()
      ->excludes(all);
  word->footer("Examples:\n  orders --all\n  sort\nSee orders.");
  const std::string help = word->help("billing");
  EXPECT_THAT(help, HasSubstr("  --format FORMAT           text or json, and so many words"));
  EXPECT_THAT(help, Not(HasSubstr("REQUIRED")));
  EXPECT_THAT(help, Not(HasSubstr("{")));
  EXPECT_THAT(help, HasSubstr("(required)"));
  EXPECT_THAT(help, HasSubstr("not with"));
  EXPECT_THAT(help, HasSubstr("Examples:\n  billing orders --all\n  sort\nSee orders.\n"));
  std::istringstream lines(help);
  for (std::string one; std::getline(lines, one);) EXPECT_THAT(one.size(), Le(80U)) << one;
}

}  // namespace
}  // namespace rookery
