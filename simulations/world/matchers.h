// matchers.h
//
// GoogleTest's words for reports.
//
//   EXPECT_THAT(report, HasNoViolation());
#pragma once

#include <gmock/gmock-matchers.h>

#include <ostream>

#include "simulations/world/report.h"

namespace rookery::testing {

class HasNoViolationMatcher {
 public:
  using is_gtest_matcher = void;

  // A report of no run at all proves nothing and does not match.
  bool MatchAndExplain(const Report& report, std::ostream* out) const {
    if (report.runs == 0 && out != nullptr) *out << "which made no run";
    return report.violations.empty() && report.runs > 0;
  }
  void DescribeTo(std::ostream* out) const { *out << "has no violation"; }
  void DescribeNegationTo(std::ostream* out) const { *out << "has a violation"; }
};

inline ::testing::Matcher<const Report&> HasNoViolation() { return HasNoViolationMatcher(); }

}  // namespace rookery::testing
