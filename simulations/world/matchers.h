// matchers.h
//
// GoogleTest's words for reports.
//
//   EXPECT_THAT(report, HasNoViolation());
//   EXPECT_THAT(report, EveryFaultTookEffect());
//   EXPECT_THAT(report, DeadLettersExactly("orders.v1.dlq", HasEmptyValue()));
#pragma once

#include <gmock/gmock-matchers.h>

#include <ostream>
#include <string>
#include <utility>

#include "simulations/world/dead_letter_book.h"
#include "simulations/world/plan.h"
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

// Each kind of fault that may happen took effect in some run: no promise is kept for want of
// trouble.
class EveryFaultTookEffectMatcher {
 public:
  using is_gtest_matcher = void;

  bool MatchAndExplain(const Report& report, std::ostream* out) const;
  void DescribeTo(std::ostream* out) const { *out << "saw every kind of fault take effect"; }
  void DescribeNegationTo(std::ostream* out) const { *out << "lacks some kind of fault"; }
};

inline ::testing::Matcher<const Report&> EveryFaultTookEffect() {
  return EveryFaultTookEffectMatcher();
}

// ---- Records

// Null or of no bytes.
MATCHER(HasEmptyValue, "has an empty value") {
  *result_listener << "whose value has " << arg.value.size() << " bytes";
  return arg.value.empty();
}
MATCHER_P(HasValue, matcher,
          "has a value that " + ::testing::DescribeMatcher<std::string>(matcher)) {
  return ::testing::ExplainMatchResult(matcher, std::string(arg.value.view()), result_listener);
}
MATCHER_P(HasKey, matcher, "has a key that " + ::testing::DescribeMatcher<std::string>(matcher)) {
  return ::testing::ExplainMatchResult(matcher, std::string(arg.key.view()), result_listener);
}
// The last header of that name.
MATCHER_P2(HasHeader, name, matcher,
           "has a header " + std::string(name) + " that " +
               ::testing::DescribeMatcher<std::string>(matcher)) {
  return arg.headers.contains(name) &&
         ::testing::ExplainMatchResult(matcher, arg.headers.last(name).str(), result_listener);
}

// ---- Dead letters

// In all runs, those records of the topics that dead letter here which match have a dead letter in
// this topic, and no other has one. How often a record was dispatched does not count: faults may
// justify a duplicate. Of World::simulate's reports.
class DeadLettersExactlyMatcher {
 public:
  using is_gtest_matcher = void;

  DeadLettersExactlyMatcher(std::string topic, ::testing::Matcher<const PlannedRecord&> matcher)
      : topic_(std::move(topic)), matcher_(std::move(matcher)) {}

  bool MatchAndExplain(const Report& report, std::ostream* out) const;
  void DescribeTo(std::ostream* out) const;
  void DescribeNegationTo(std::ostream* out) const;

 private:
  std::string topic_;
  ::testing::Matcher<const PlannedRecord&> matcher_;
};

inline ::testing::Matcher<const Report&> DeadLettersExactly(
    std::string topic, ::testing::Matcher<const PlannedRecord&> matcher) {
  return DeadLettersExactlyMatcher(std::move(topic), std::move(matcher));
}

}  // namespace rookery::testing
