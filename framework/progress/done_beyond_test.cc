// done_beyond_test.cc
//
// Gaps, other lives of the log, positions that are not where the commit was.
#include <rookery/progress/done_beyond.h>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <vector>

namespace rookery {
namespace {

std::vector<Offset> done_among(DoneBeyond& done, const std::vector<Offset>& offsets,
                               std::int32_t leader_epoch = 3) {
  std::vector<Offset> out;
  for (const Offset offset : offsets) {
    if (done.contains(offset, leader_epoch)) out.push_back(offset);
  }
  return out;
}

DoneBeyond some_done() {
  return DoneBeyond(100, {.leader_epoch = 3, .done = {{102, 105}, {110, 111}}});
}

TEST(DoneBeyond, HoldsNothingUnlessGiven) {
  DoneBeyond done;
  EXPECT_TRUE(done.empty());
  EXPECT_FALSE(done.contains(0, 0));
  EXPECT_TRUE(DoneBeyond(100, {.leader_epoch = 3}).empty());
  EXPECT_EQ(done.ahead(), OffsetRanges{});
}

TEST(DoneBeyond, AnswersWhatIsDoneUntilItHasPassedAll) {
  DoneBeyond done = some_done();
  EXPECT_FALSE(done.empty());
  EXPECT_EQ(done_among(done, {100, 101, 102, 103, 104, 105, 109, 110}),
            (std::vector<Offset>{102, 103, 104, 110}));
  EXPECT_FALSE(done.empty());
  EXPECT_EQ(done.ahead(), (OffsetRanges{{110, 111}}));
  EXPECT_EQ(done_among(done, {111, 112}), (std::vector<Offset>{}));
  EXPECT_TRUE(done.empty());
}

TEST(DoneBeyond, TakesNoHarmFromGaps) {
  DoneBeyond done = some_done();
  EXPECT_EQ(done_among(done, {101, 104, 300}), (std::vector<Offset>{104}));
  EXPECT_TRUE(done.empty());
}

TEST(DoneBeyond, DoesNotBelieveInRecordsOfANewerLife) {
  DoneBeyond done = some_done();
  EXPECT_TRUE(done.contains(102, 2));
  EXPECT_TRUE(done.contains(103, 3));
  EXPECT_FALSE(done.contains(104, 4));
  EXPECT_FALSE(done.contains(110, 4));
}

TEST(DoneBeyond, DoesNotCompareWhatOnlyOneSideKnows) {
  DoneBeyond done = some_done();
  EXPECT_FALSE(done.contains(102, -1));
  DoneBeyond unknown(100, {.leader_epoch = -1, .done = {{102, 105}}});
  EXPECT_TRUE(unknown.contains(102, -1));
  EXPECT_FALSE(unknown.contains(103, 0));
}

TEST(DoneBeyond, IsMootWhereTheLogBeginsHigher) {
  DoneBeyond done = some_done();
  EXPECT_EQ(done_among(done, {104, 105}), (std::vector<Offset>{104}));
  DoneBeyond behind = some_done();
  EXPECT_EQ(done_among(behind, {5'000}), (std::vector<Offset>{}));
  EXPECT_TRUE(behind.empty());
}

TEST(DoneBeyond, ForgetsAllWhereTheStreamBeginsBelowTheCommit) {
  DoneBeyond done = some_done();
  EXPECT_EQ(done_among(done, {99, 100, 101, 102, 110}), (std::vector<Offset>{}));
  EXPECT_TRUE(done.empty());
}

TEST(DoneBeyond, ForgetsWhatLiesWhereTheStreamWentBackTo) {
  DoneBeyond done = some_done();
  EXPECT_EQ(done_among(done, {101, 102, 103}), (std::vector<Offset>{102, 103}));
  EXPECT_EQ(done_among(done, {103, 104, 110}), (std::vector<Offset>{}));
  DoneBeyond moved = some_done();
  moved.forget_from(104);
  EXPECT_EQ(done_among(moved, {101, 102, 103, 104, 110}), (std::vector<Offset>{102, 103}));
}

// Against the plain set, over streams with gaps that go back now and then.
RC_GTEST_PROP(DoneBeyondProperty, AgreesWithAPlainModel, ()) {
  const Offset committed = *rc::gen::inRange<Offset>(0, 50);
  CommitProgress progress{.leader_epoch = *rc::gen::inRange(-1, 3)};
  Offset end = committed;
  for (int i = *rc::gen::inRange(0, 10); i > 0; --i) {
    const Offset begin = end + *rc::gen::inRange<Offset>(1, 6);
    end = begin + *rc::gen::inRange<Offset>(1, 6);
    progress.done.push_back({begin, end});
  }
  DoneBeyond done(committed, progress);
  OffsetRanges known = progress.done;
  Offset known_below = end;
  Offset next = *rc::gen::inRange<Offset>(committed, committed + 10);
  int epoch = *rc::gen::inRange(-1, 3);
  for (int i = *rc::gen::inRange(1, 100); i > 0; --i) {
    if (*rc::gen::inRange(0, 20) == 0) {
      next -= *rc::gen::inRange<Offset>(1, 20);
      known_below = std::min(known_below, next);
      if (next < committed) known_below = committed;
    }
    if (*rc::gen::inRange(0, 20) == 0) ++epoch;
    bool is_in_range = false;
    for (const OffsetRange& range : known) {
      is_in_range = is_in_range || (next >= range.begin && next < range.end);
    }
    const bool is_of_this_life =
        (epoch < 0) == (progress.leader_epoch < 0) && epoch <= std::max(progress.leader_epoch, -1);
    RC_ASSERT(done.contains(next, epoch) == (is_in_range && next < known_below && is_of_this_life));
    next += *rc::gen::inRange<Offset>(1, 4);
  }
}

}  // namespace
}  // namespace rookery
