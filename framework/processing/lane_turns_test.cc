// lane_turns_test.cc
//
// Whose turn it is.
#include <rookery/processing/lane_turns.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Offset kNone = LaneTurns::kNone;

class NoTask final : public Task {
  void step() override {}
};

struct Turns : ::testing::Test {
  void SetUp() override {
    for (LaneIndex lane = 0; lane < 3; ++lane) {
      turns.given(lane, tasks[lane], static_cast<Offset>(10 * lane));
      turns.end(lane, {.collected = 1, .next = static_cast<Offset>(10 * lane)});
    }
  }
  // Of a record that failed and is still the lane's next.
  LaneTurns::Due fail(LaneIndex lane, Offset offset) {
    return turns.end(lane, {.next = offset, .failed = offset});
  }
  NoTask tasks[3];
  LaneTurns turns;
};

TEST_F(Turns, AreNotTakenBeforeAFailure) {
  EXPECT_EQ(turns.begin(2, 20), kNone);
  EXPECT_EQ(turns.begin(0, 0), kNone);
  EXPECT_EQ(turns.begin(1, 10), kNone);
  const LaneTurns::Due due = turns.end(1, {});
  EXPECT_FALSE(due.has_begun);
  EXPECT_THAT(due.tasks, IsEmpty());
}

TEST_F(Turns, GoByOffsetUntilAllArePastTheFailure) {
  ASSERT_EQ(turns.begin(1, 10), kNone);
  EXPECT_TRUE(fail(1, 10).has_begun);
  EXPECT_EQ(turns.begin(1, 10), 0);  // lane 0 has lower ones
  EXPECT_EQ(turns.begin(2, 20), 0);
  EXPECT_EQ(turns.begin(0, 0), 10);  // up to where lane 1 begins
  EXPECT_THAT(turns.end(0, {.next = 11}).tasks, ElementsAre(&tasks[1]));
  EXPECT_EQ(turns.begin(0, 11), 0);
  EXPECT_EQ(turns.begin(1, 10), 11);  // the failure, and nothing behind it
  EXPECT_THAT(turns.end(1, {.next = 12}).tasks, ElementsAre(&tasks[0], &tasks[2]));
  EXPECT_EQ(turns.begin(2, 20), kNone);
}

TEST_F(Turns, NobodyBeginsBesideARecordThatIsUnderWay) {
  ASSERT_EQ(turns.begin(1, 10), kNone);
  ASSERT_EQ(turns.begin(2, 20), kNone);
  ASSERT_TRUE(fail(1, 10).has_begun);
  turns.end(0, {});
  EXPECT_EQ(turns.begin(1, 10), 0);
  EXPECT_THAT(turns.end(2, {.next = 20, .is_under_way = true}).tasks, ElementsAre(&tasks[1]));
  EXPECT_EQ(turns.begin(1, 10), 0);
  EXPECT_THAT(turns.end(2, {}).tasks, ElementsAre(&tasks[1]));
  EXPECT_EQ(turns.begin(1, 10), 11);
}

TEST_F(Turns, ALaterFailureKeepsThemLonger) {
  ASSERT_EQ(turns.begin(0, 0), kNone);
  ASSERT_TRUE(fail(0, 0).has_begun);
  EXPECT_FALSE(fail(0, 0).has_begun);
  EXPECT_EQ(turns.begin(0, 0), 1);
  EXPECT_TRUE(turns.end(0, {.next = 5, .failed = 15}).has_begun);
  EXPECT_EQ(turns.begin(0, 5), 10);
  turns.end(0, {});
  EXPECT_EQ(turns.begin(1, 10), 16);
}

TEST_F(Turns, WhatALaneWasGivenWhileItRanIsItsNext) {
  ASSERT_EQ(turns.begin(1, 10), kNone);
  turns.given(1, tasks[1], 12);
  ASSERT_TRUE(fail(2, 20).has_begun);
  turns.end(0, {});
  turns.end(1, {});  // done with what it had; its next step finds more
  EXPECT_EQ(turns.begin(2, 20), 0);
  EXPECT_EQ(turns.begin(1, 12), 20);
  EXPECT_THAT(turns.end(1, {.collected = 1}).tasks, ElementsAre(&tasks[2]));
  EXPECT_EQ(turns.begin(2, 20), 21);
}

TEST_F(Turns, ALaneMayHaveAStepThatWasNeverGivenAnything) {
  EXPECT_FALSE(turns.end(7, {}).has_begun);
  ASSERT_EQ(turns.begin(0, 0), kNone);
  ASSERT_TRUE(fail(0, 0).has_begun);
  EXPECT_THAT(turns.end(7, {}).tasks, IsEmpty());
  EXPECT_EQ(turns.begin(0, 0), 1);
}

TEST_F(Turns, WhatIsGivenMeanwhileWaits) {
  ASSERT_EQ(turns.begin(0, 0), kNone);
  fail(0, 0);
  turns.given(1, tasks[1], 30);
  EXPECT_EQ(turns.begin(1, 10), 0);
  EXPECT_EQ(turns.begin(0, 0), 1);
  EXPECT_THAT(turns.end(0, {}).tasks, ElementsAre(&tasks[1]));
  EXPECT_EQ(turns.begin(1, 10), kNone);
}

}  // namespace
}  // namespace rookery
