// collapse_test.cc
//
// Lanes that take turns when one fails.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulations/checkers/scenario.h"

namespace rookery::sim {
namespace {

using ::testing::HasSubstr;

constexpr const char* kCollapse = "lanes that fail take turns";

// Even offsets have one key and lane, odd ones another.
struct TwoLanes : Scenario {
  explicit TwoLanes(bool collapses = true) {
    ordered({.kind = OrderKind::kByKey, .lanes_most = 2, .collapses = collapses}, 2);
    appended(0, 9).generation(1, {{a, {0, 1}}});
    even = consumer(a);
    odd = lane_beside(even);
  }
  void fails(const Consumer& lane, Offset offset) { throws(lane, offset, starts(lane, offset)); }
  Consumer even{};
  Consumer odd{};
};

TEST(Collapse, TheOtherLaneMayNotHaveHeardBeforeItRunsAgain) {
  TwoLanes s;
  s.fails(s.even, 0);
  s.works(s.odd, 1).works(s.odd, 3);
  s.works(s.even, 0).works(s.odd, 5).works(s.even, 2);
  EXPECT_EQ(s.broken(), "") << s.text();
}

TEST(Collapse, WhatLiesBeforeItRunsBetweenItsAttempts) {
  TwoLanes s;
  s.fails(s.even, 0);
  s.works(s.even, 0);
  s.fails(s.even, 2);
  s.works(s.odd, 1);
  s.fails(s.even, 2);
  s.works(s.even, 2).works(s.odd, 3);
  EXPECT_EQ(s.broken(), "") << s.text();
}

TEST(Collapse, FindsWhatOvertakesIt) {
  TwoLanes s;
  s.fails(s.even, 0);
  s.fails(s.even, 0);
  s.works(s.odd, 1);
  EXPECT_EQ(s.broken(), kCollapse);
  EXPECT_THAT(s.text(), HasSubstr("@1 starts although orders.v1-0 @0 fails and is not over"));
}

TEST(Collapse, FindsWorkBesideItsNextAttempt) {
  TwoLanes s;
  s.fails(s.even, 0);
  s.starts(s.odd, 1);
  s.starts(s.even, 0);
  EXPECT_EQ(s.broken(), kCollapse);
  EXPECT_THAT(s.text(), HasSubstr("starts again beside the work of other lanes"));
}

TEST(Collapse, ItIsOverWithItsDeadLetterOrWhenTheLogLostIt) {
  TwoLanes s;
  s.fails(s.even, 0);
  s.fails(s.even, 0);
  s.dead_letter(EventKind::kDeadLetterSent, s.a, 0, Scenario::hash(0)).works(s.odd, 1);
  s.fails(s.even, 2);
  s.fails(s.even, 2);
  s.lost(2).appended(2, 5).works(s.odd, 3);
  EXPECT_NE(s.broken(), kCollapse) << s.text();
}

TEST(Collapse, IsAskedForByTheRoute) {
  TwoLanes s(/*collapses=*/false);
  s.fails(s.even, 0);
  s.fails(s.even, 0);
  s.works(s.odd, 1);
  EXPECT_EQ(s.broken(), "") << s.text();
}

}  // namespace
}  // namespace rookery::sim
