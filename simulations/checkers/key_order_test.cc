// key_order_test.cc
//
// Promises where several consumers run one partition at once: in the order of keys, or in none.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulations/checkers/scenario.h"

namespace rookery::sim {
namespace {

using ::testing::HasSubstr;

constexpr const char* kOrder = "order per key";
constexpr const char* kLanes = "no more lanes than asked for";
constexpr const char* kDuplicates = "justified duplicates";
constexpr const char* kProgress = "commit never past undone work";
constexpr const char* kNoLoss = "no loss";
constexpr const char* kLetters = "dead letters of failed records only";
constexpr const char* kHandBack = "no work after hand-back";

// Partition 0 is server-a's, and of two lanes: even offsets have one key, odd ones another.
struct TwoKeys : Scenario {
  explicit TwoKeys(const RunOrder& order = {.kind = OrderKind::kByKey, .lanes_most = 2}) {
    ordered(order, 2).appended(0, 9).generation(1, {{a, {0, 1}}});
    even = consumer(a);
    odd = lane_beside(even);
  }
  Consumer even{};
  Consumer odd{};
};

TEST(KeyOrder, LanesRunAtOnceAndFinishInAnyOrder) {
  TwoKeys s;
  const RunId zero = s.starts(s.even, 0);
  s.works(s.odd, 1).works(s.odd, 3).works(s.odd, 5);
  s.returns(s.even, 0, zero).commits(s.a, 2);
  s.works(s.even, 2).works(s.even, 4).works(s.odd, 7).works(s.even, 6).works(s.odd, 9);
  s.works(s.even, 8).commits(s.a, 10).finish(10);
  EXPECT_EQ(s.broken(), "") << s.text();
}

TEST(KeyOrder, FindsTwoOfOneKeyAtOnce) {
  TwoKeys s;
  s.starts(s.even, 0);
  s.starts(s.odd, 2);
  EXPECT_EQ(s.broken(), kOrder);
  EXPECT_THAT(s.text(), HasSubstr("@2 starts while orders.v1-0 @0 of the same key is still"));
}

TEST(KeyOrder, FindsARecordOfTheKeyPassedOver) {
  TwoKeys s;
  s.works(s.even, 0).works(s.odd, 1).works(s.even, 4);
  EXPECT_EQ(s.broken(), kOrder);
  EXPECT_THAT(s.text(), HasSubstr("@4 starts before orders.v1-0 @2 of the same key"));
}

TEST(KeyOrder, FindsTheFirstOfAKeyPassedOver) {
  TwoKeys s;
  s.works(s.even, 0).works(s.odd, 3);
  EXPECT_EQ(s.broken(), kOrder);
}

TEST(KeyOrder, LaterOwnersBeginAtTheCommit) {
  TwoKeys s;
  s.works(s.even, 0).works(s.odd, 1).works(s.odd, 3).commits(s.a, 2);
  s.generation(2, {{s.b, {0, 1}}});
  const auto later = s.consumer(s.b);
  s.works(s.lane_beside(later), 3).works(later, 2).works(later, 4);
  EXPECT_EQ(s.broken(), "") << s.text();
  EXPECT_EQ(s.judge.model().duplicates(), 1U);
  s.works(later, 8);
  EXPECT_EQ(s.broken(), kOrder);
}

TEST(KeyOrder, ALaterOwnerStartsNothingBelowTheCommit) {
  TwoKeys s;
  s.works(s.even, 0).works(s.odd, 1).works(s.even, 2).commits(s.a, 2);
  s.generation(2, {{s.b, {0, 1}}});
  const auto later = s.consumer(s.b);
  s.works(later, 2).works(s.lane_beside(later), 1);
  EXPECT_EQ(s.broken(), kDuplicates);
}

TEST(KeyOrder, AThrownRecordHoldsUpItsKeyAlone) {
  TwoKeys s;
  s.throws(s.even, 0, s.starts(s.even, 0));
  s.works(s.odd, 1).works(s.odd, 3).works(s.even, 0).works(s.even, 2);
  EXPECT_EQ(s.broken(), "") << s.text();
  s.throws(s.even, 4, s.starts(s.even, 4));
  s.works(s.even, 6);
  EXPECT_EQ(s.broken(), kOrder);
  EXPECT_THAT(s.text(), HasSubstr("@4 of the same key threw and was not run again"));
}

TEST(KeyOrder, AThrownBatchHoldsUpEachOfItsKeys) {
  for (const Offset next : {Offset{2}, Offset{5}}) {
    TwoKeys s;
    const RunId first = s.starts(s.even, 0);
    const RunId second = s.starts(s.even, 1, first);
    const RunId third = s.starts(s.even, 2, first);
    const RunId fourth = s.starts(s.even, 3, first);
    s.marks(s.even, 1, second);
    s.throws(s.even, 0, first, first).throws(s.even, 1, second, first);
    s.throws(s.even, 2, third, first).throws(s.even, 3, fourth, first);
    s.works(s.even, next);
    EXPECT_EQ(s.broken(), next == 2 ? "" : kOrder) << s.text();
  }
}

TEST(KeyOrder, AFailedOutputRewindsItsLaneWithAllItsKeys) {
  TwoKeys s({.kind = OrderKind::kByKey, .lanes_most = 2});
  const RunId zero = s.starts(s.even, 0);
  const SendId sent = s.sends(s.even, zero);
  s.returns(s.even, 0, zero).works(s.even, 1).works(s.even, 2);
  s.output_fails(zero, sent).works(s.even, 0).works(s.even, 1).works(s.even, 2).works(s.odd, 3);
  EXPECT_EQ(s.broken(), "") << s.text();
}

TEST(KeyOrder, AFailedOutputRewindsNoOtherLane) {
  TwoKeys s;
  const RunId zero = s.starts(s.even, 0);
  const SendId sent = s.sends(s.even, zero);
  s.returns(s.even, 0, zero).works(s.odd, 1).works(s.odd, 3);
  s.output_fails(zero, sent).works(s.even, 0).works(s.odd, 1);
  EXPECT_EQ(s.broken(), kDuplicates);
}

TEST(KeyOrder, FindsARecordRunAgainWithoutCauseInAnotherLane) {
  TwoKeys s;
  s.works(s.even, 0).works(s.odd, 0);
  EXPECT_EQ(s.broken(), kDuplicates);
}

TEST(KeyOrder, RecordsWithoutAKeyAreInNoOrder) {
  Scenario s;
  s.ordered({.kind = OrderKind::kByKey, .lanes_most = 2}, 0).appended(0, 3);
  s.generation(1, {{s.a, {0, 1}}});
  const auto one = s.consumer(s.a);
  const auto two = s.lane_beside(one);
  const RunId first = s.starts(one, 1);
  s.works(two, 3).works(two, 0).returns(one, 1, first).works(one, 2).commits(s.a, 4).finish(4);
  EXPECT_EQ(s.broken(), "") << s.text();
}

TEST(KeyOrder, KeysThatOnlyTheRouteKnowsAreJudgedByWhatHasStarted) {
  const RunOrder order{.kind = OrderKind::kByKey, .lanes_most = 2, .is_by_own_key = false};
  TwoKeys s(order);
  // Who knows whether 0 is of the key, before it has started?
  s.works(s.even, 2);
  EXPECT_EQ(s.broken(), "") << s.text();
  s.works(s.even, 0);
  EXPECT_EQ(s.broken(), kDuplicates);
}

TEST(NoOrder, RecordsRunInAnyOrderAndOnce) {
  TwoKeys s({.kind = OrderKind::kNoOrder, .lanes_most = 2});
  const RunId four = s.starts(s.even, 4);
  s.works(s.odd, 2).works(s.odd, 0).returns(s.even, 4, four).works(s.odd, 1).commits(s.a, 3);
  EXPECT_EQ(s.broken(), "") << s.text();
  s.works(s.even, 2);
  EXPECT_EQ(s.broken(), kDuplicates);
}

TEST(NoOrder, AConsumerStillDoesOneThingAtATime) {
  TwoKeys s({.kind = OrderKind::kNoOrder, .lanes_most = 2});
  s.starts(s.even, 4);
  s.starts(s.even, 5);
  EXPECT_EQ(s.broken(), "order per partition");
}

TEST(NoOrder, AMarkIsOfThatRecordAlone) {
  for (const Offset marked : {Offset{0}, Offset{1}}) {
    TwoKeys s({.kind = OrderKind::kNoOrder, .lanes_most = 2});
    const RunId zero = s.starts(s.even, 0);
    s.throws(s.even, 0, zero);
    const RunId one = s.starts(s.even, 1);
    s.marks(s.even, marked, one).returns(s.even, 1, one).commits(s.a, 1);
    EXPECT_EQ(s.broken(), marked == 0 ? "" : kProgress) << s.text();
  }
}

TEST(KeyOrder, AMarkIsOfItsOwnLane) {
  TwoKeys s;
  s.starts(s.even, 0);
  const RunId one = s.starts(s.odd, 1);
  s.marks(s.odd, 1, one).returns(s.odd, 1, one).commits(s.a, 1);
  EXPECT_EQ(s.broken(), kProgress);
  EXPECT_THAT(s.text(), HasSubstr("@0 is still running on server-a"));
}

TEST(Lanes, FindsOneTooMany) {
  TwoKeys s({.kind = OrderKind::kNoOrder, .lanes_most = 2});
  const RunId zero = s.starts(s.even, 0);
  s.starts(s.odd, 1);
  s.returns(s.even, 0, zero);
  const auto third = s.lane_beside(s.even);
  const RunId two = s.starts(third, 2);
  EXPECT_EQ(s.broken(), "") << s.text();
  s.returns(third, 2, two).starts(s.even, 3);
  s.starts(third, 4);
  EXPECT_EQ(s.broken(), kLanes);
}

TEST(Lanes, InPartitionOrderThereIsOne) {
  Scenario s;
  s.appended(0, 3).generation(1, {{s.a, {0, 1}}});
  const auto one = s.consumer(s.a);
  s.works(one, 0).works(s.lane_beside(one), 1);
  EXPECT_EQ(s.broken(), "") << s.text();
  s.starts(one, 2);
  s.starts(s.lane_beside(one), 3);
  EXPECT_EQ(s.broken(), "order per partition");
}

TEST(DeadLettersByKey, OthersOfTheKeyFollowAndOtherKeysDoNotWait) {
  TwoKeys s;
  s.throws(s.even, 2 - 2, s.starts(s.even, 0));
  s.works(s.odd, 1);
  s.dead_letter(EventKind::kDeadLetterSent, s.a, 0).works(s.even, 2);
  s.dead_letter(EventKind::kDeadLettered, s.a, 0).commits(s.a, 3);
  EXPECT_EQ(s.broken(), "") << s.text();
  s.dead_letter(EventKind::kDeadLetterSent, s.a, 1);
  EXPECT_EQ(s.broken(), kLetters);
}

TEST(DeadLettersByKey, OneThatIsNotAcknowledgedIsSentAgainWithThoseOfItsLane) {
  for (const bool is_of_its_lane : {true, false}) {
    TwoKeys s;
    s.throws(s.even, 0, s.starts(s.even, 0));
    s.dead_letter(EventKind::kDeadLetterSent, s.a, 0).works(s.even, 2).works(s.odd, 1);
    s.dead_letter(EventKind::kDeadLetterFailed, s.a, 0);
    s.dead_letter(EventKind::kDeadLetterSent, s.a, 0);
    s.works(is_of_its_lane ? s.even : s.odd, is_of_its_lane ? 2 : 1);
    EXPECT_EQ(s.broken(), is_of_its_lane ? "" : kDuplicates) << s.text();
  }
}

TEST(KeyOrder, FindsALostRecordsRunBesideItsSuccessor) {
  for (const bool is_over : {true, false}) {
    TwoKeys s;
    s.works(s.even, 0);
    const RunId old = s.starts(s.even, 2);
    s.works(s.odd, 1).lost(2, EventKind::kLostLegally).appended(2, 5);
    if (is_over) s.returns(s.even, 2, old);
    s.starts(s.odd, 2);
    EXPECT_EQ(s.broken(), is_over ? "" : "order per partition") << s.text();
  }
}

TEST(KeyOrder, AfterALossWhatIsLeftBehindItIsOrderedStill) {
  TwoKeys s;
  s.works(s.even, 0).works(s.odd, 1).works(s.even, 2).works(s.even, 4).works(s.odd, 3);
  s.lost(4, EventKind::kLostLegally).appended(4, 15);
  s.works(s.even, 4).works(s.odd, 5).works(s.even, 6).works(s.even, 8).works(s.even, 10);
  EXPECT_EQ(s.broken(), "") << s.text();
  s.works(s.even, 14);
  EXPECT_EQ(s.broken(), kOrder);
}

TEST(NoLossByKey, FindsARecordThatNoLaneRan) {
  TwoKeys s({.kind = OrderKind::kNoOrder, .lanes_most = 2});
  for (Offset offset = 0; offset < 9; ++offset) s.works(offset % 2 == 0 ? s.even : s.odd, offset);
  s.finish(10);
  EXPECT_EQ(s.broken(), kNoLoss);
  EXPECT_THAT(s.text(), HasSubstr("@9 was never consumed"));
}

TEST(HandBackByKey, AnyConsumerOfAnEarlierOwnershipIsTooLate) {
  TwoKeys s;
  s.works(s.odd, 1).works(s.even, 0);
  s.works(s.odd, 3);  // an older object than another that has started since
  EXPECT_EQ(s.broken(), "") << s.text();
  s.generation(2, {{s.a, {0, 1}}});
  const auto later = s.consumer(s.a);
  s.works(later, 0).works(s.lane_beside(s.even), 2);
  EXPECT_EQ(s.broken(), kHandBack);
}

TEST(KeyOrder, AGroupThatBeginsAtTheEndOwesFromTheFirstThatAnyLaneRan) {
  for (const bool is_missing : {true, false}) {
    Scenario s;
    s.judge.set_latest(s.group);
    s.ordered({.kind = OrderKind::kNoOrder, .lanes_most = 2}, 2).appended(0, 9);
    s.generation(1, {{s.a, {0, 1}}});
    const auto one = s.consumer(s.a);
    s.works(one, 8).works(one, 5).works(one, 7);
    if (!is_missing) s.works(one, 6);
    s.works(one, 9).commits(s.a, 10).finish(10);
    EXPECT_EQ(s.broken(), is_missing ? kProgress : "") << s.text();
  }
}

}  // namespace
}  // namespace rookery::sim
