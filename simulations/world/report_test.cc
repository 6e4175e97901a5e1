// report_test.cc
//
// A report in words: what a person sees.
#include "simulations/world/report.h"

#include <gtest/gtest.h>

#include <string>

#include "simulations/world/matchers.h"

namespace rookery::testing {
namespace {

Report report_with(std::map<std::string, std::uint64_t> faults) {
  Report report;
  report.program = "archive";
  report.seeds = report.runs = 1'000;
  report.faults = std::move(faults);
  return report;
}

std::string faults_of(const Report& report) {
  const std::string text = report.text();
  const std::size_t begin = text.find("    ", text.find("  faults "));
  const std::size_t first = text.find('\n', begin) + 1;
  return text.substr(first, text.find("  trace hash") - first);
}

TEST(Report, HasOneColumnOfAFewFaults) {
  EXPECT_EQ(faults_of(report_with({{"clog", 7}, {"reset_before_sending", 1'234}})),
            "    clog                  7\n"
            "    reset_before_sending  1,234\n");
}

TEST(Report, HasTwoColumnsOfMany) {
  std::map<std::string, std::uint64_t> faults;
  for (char letter = 'a'; letter < 'a' + 13; ++letter) faults[std::string(1, letter)] = 12;
  const std::string text = faults_of(report_with(faults));
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "    a                 12        h                 12");
  const std::string last = "    g                 12\n";
  EXPECT_EQ(text.substr(text.size() - last.size()), last);
}

TEST(Report, NamesTheFaultsThatNeverHappened) {
  const ::testing::Matcher<const Report&> matcher = EveryFaultTookEffect();
  const auto explanation = [&](const Report& report) {
    ::testing::StringMatchResultListener out;
    EXPECT_FALSE(matcher.MatchAndExplain(report, &out));
    return out.str();
  };
  EXPECT_TRUE(matcher.Matches(report_with({{"clog", 7}, {"retention", 1}})));
  EXPECT_EQ(explanation(report_with({{"clog", 0}, {"power_loss", 1}, {"retention", 0}})),
            "in which none took effect of: clog, retention");
  EXPECT_EQ(explanation(report_with({})), "whose plan has no faults");
}

}  // namespace
}  // namespace rookery::testing
