// report_test.cc
//
// The report as people and programs read it.

#include "examples/archive/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/recovery/dead_letter.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace archive {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Report example() {
  Report report;
  EXPECT_TRUE(report.totals.take_index("a\t1\tall", "games\t1048576\tZoë <zoe@packages.example>"));
  EXPECT_TRUE(report.totals.take_index("b\t1\tall", "games\t524288\tZoë <zoe@packages.example>"));
  EXPECT_TRUE(report.totals.take_index("c\t1\tall", "libs\t1023\tBob <bob@packages.example>"));
  EXPECT_TRUE(report.totals.take_rejected(
      "Package: d\nVersion: 1\nArchitecture: all",
      rookery::dead_letter_headers(
          {},
          {.partition = {"archive.packages.v1", 0}, .offset = 0, .error_class = "MissingField"})));
  report.records_per_second = 1234567;
  return report;
}

TEST(Report, ReadsAsTables) {
  EXPECT_EQ(text_of(example()),
            "Packages by section\n"
            "\n"
            "  section   packages   installed size\n"
            "  games            2          1.5 GiB\n"
            "  libs             1        1,023 KiB\n"
            "  all              3          1.5 GiB\n"
            "\n"
            "The busiest maintainers\n"
            "\n"
            "  maintainer                   packages\n"
            "  Zoë <zoe@packages.example>          2\n"
            "  Bob <bob@packages.example>          1\n"
            "\n"
            "Rejected stanzas\n"
            "\n"
            "  error          stanzas\n"
            "  MissingField         1\n"
            "\n"
            "3 packages, 1,234,567 records per second\n");
}

TEST(Report, OfNothingSaysSo) {
  EXPECT_THAT(text_of({}), HasSubstr("Rejected stanzas\n\n  none\n"));
  EXPECT_THAT(text_of({}), HasSubstr("0 packages, 0 records per second"));
}

TEST(Report, AsJsonIsOneObjectWithTheFourMembers) {
  const auto object = nlohmann::json::parse(json_of(example()));
  EXPECT_EQ(object, nlohmann::json::parse(R"({
      "packages": 3,
      "sections": {"games": {"packages": 2, "installed_size_kib": 1572864},
                   "libs": {"packages": 1, "installed_size_kib": 1023}},
      "rejected": {"MissingField": 1},
      "records_per_second": 1234567})"));
}

TEST(Report, OfNothingAsJsonHasEmptyObjects) {
  EXPECT_EQ(nlohmann::json::parse(json_of({})),
            nlohmann::json::parse(
                R"({"packages": 0, "sections": {}, "rejected": {}, "records_per_second": 0})"));
}

TEST(Report, BytesThatAreNoUtf8DoNotCostTheReport) {
  Report report;
  ASSERT_TRUE(report.totals.take_index("a\t1\tall", "\xff\xfe\t1\tx"));
  EXPECT_EQ(nlohmann::json::parse(json_of(report))["sections"].size(), 1u);
}

TEST(RateOf, IsPerSecondAndNeverDividesByNothing) {
  EXPECT_EQ(rate_of(63'666, 2s), 31'833u);
  EXPECT_EQ(rate_of(10, 0s), 10'000u);
  EXPECT_EQ(rate_of(0, 1s), 0u);
}

}  // namespace
}  // namespace archive
