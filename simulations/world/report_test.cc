// report_test.cc
//
// A report in words: what a person sees.
#include "simulations/world/report.h"

#include <gtest/gtest.h>

#include <string>

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

}  // namespace
}  // namespace rookery::testing
