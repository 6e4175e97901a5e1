// tape_test.cc
//
// The tape: seeds, recording, replay, ranges.

#include "simulations/scheduler/tape.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <set>
#include <vector>

namespace rookery::sim {
namespace {

std::vector<std::uint64_t> some_draws(Tape& tape) {
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 50; ++i) {
    values.push_back(tape.draw(1000));
    values.push_back(tape.one_in(3) ? 1 : 0);
    values.push_back(static_cast<std::uint64_t>(tape.between(-5, 5)));
    values.push_back(tape.draw_u64());
  }
  return values;
}

TEST(Tape, OneSeedGivesOneSequence) {
  Tape one = Tape::from_seed(7);
  Tape same = Tape::from_seed(7);
  Tape other = Tape::from_seed(8);
  const auto values = some_draws(one);
  EXPECT_EQ(values, some_draws(same));
  EXPECT_NE(values, some_draws(other));
  EXPECT_EQ(one.seed(), 7U);
}

TEST(Tape, ARecordedTapeGivesTheSameAgain) {
  Tape tape = Tape::from_seed(7);
  tape.start_recording();
  const auto values = some_draws(tape);
  EXPECT_EQ(tape.draws().size(), 200U);
  EXPECT_EQ(tape.draw_count(), 200U);
  Tape replay = Tape::from_draws(tape.draws());
  EXPECT_EQ(values, some_draws(replay));
  EXPECT_FALSE(replay.exhausted());
  EXPECT_FALSE(replay.seed().has_value());
}

TEST(Tape, BeyondTheEndIsZeroAndSaysSo) {
  Tape tape = Tape::from_draws({3});
  EXPECT_EQ(tape.draw(10), 3U);
  EXPECT_FALSE(tape.exhausted());
  EXPECT_EQ(tape.draw(10), 0U);
  EXPECT_TRUE(tape.exhausted());
  EXPECT_FALSE(tape.one_in(2));
  EXPECT_EQ(tape.between(4, 9), 4);
  EXPECT_EQ(tape.draw_u64(), 0U);
}

TEST(Tape, ARecordedNumberTooHighCountsAsTheHighest) {
  Tape tape = Tape::from_draws({103, 103, 103});
  EXPECT_EQ(tape.draw(10), 9U);
  EXPECT_EQ(tape.at_most(20), 20U);
  EXPECT_EQ(tape.draw(1000), 103U);
}

TEST(Tape, PartsOfASeedKeepTheirPlaces) {
  Tape whole = Tape::from_seed(7);
  Tape parts = Tape::from_parts(7, {{2, 4}, {9, 10}});
  for (std::uint64_t i = 0; i < 20; ++i) {
    const std::uint64_t drawn = i % 2 == 0 ? whole.draw(1000) : whole.draw_u64();
    const bool is_kept = i == 2 || i == 3 || i == 9;
    EXPECT_EQ(i % 2 == 0 ? parts.draw(1000) : parts.draw_u64(), is_kept ? drawn : 0) << i;
  }
  EXPECT_EQ(parts.seed(), 7U);
}

TEST(Tape, ASizeIsTheNumberItselfUntilItIsLowered) {
  Tape tape = Tape::from_seed(7);
  tape.start_recording();
  EXPECT_EQ(tape.at_most(300), 300U);
  EXPECT_EQ(tape.at_most(0), 0U);
  EXPECT_EQ(tape.draws(), (std::vector<std::uint64_t>{300, 0}));
  Tape lowered = Tape::from_draws({2});
  EXPECT_EQ(lowered.at_most(300), 2U);
  EXPECT_EQ(lowered.at_most(300), 0U);
  Tape parts = Tape::from_parts(7, {{1, 2}});
  EXPECT_EQ(parts.at_most(300), 0U);
  EXPECT_EQ(parts.at_most(300), 300U);
}

TEST(Tape, WhatDoesNotHappenIsRecordedAsZero) {
  Tape tape = Tape::from_seed(3);
  tape.start_recording();
  std::vector<std::uint64_t> expected;
  for (int i = 0; i < 100; ++i) expected.push_back(tape.one_in(10) ? 9 : 0);
  EXPECT_FALSE(tape.one_in(0));
  EXPECT_TRUE(tape.one_in(1));
  EXPECT_EQ(tape.draws(), expected);
}

TEST(Tape, WhatNeedsNoChoiceUsesNothing) {
  Tape tape = Tape::from_seed(1);
  EXPECT_EQ(tape.draw(0), 0U);
  EXPECT_EQ(tape.draw(1), 0U);
  EXPECT_FALSE(tape.one_in(0));
  EXPECT_TRUE(tape.one_in(1));
  EXPECT_EQ(tape.between(5, 5), 5);
  EXPECT_EQ(tape.between(5, 4), 5);
  EXPECT_EQ(tape.draw_count(), 0U);
}

TEST(Tape, BetweenReachesBothEndsAndNothingElse) {
  Tape tape = Tape::from_seed(3);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 500; ++i) seen.insert(tape.between(-2, 2));
  EXPECT_EQ(seen, (std::set<std::int64_t>{-2, -1, 0, 1, 2}));
  bool is_negative_seen = false;
  bool is_positive_seen = false;
  for (int i = 0; i < 100; ++i) {
    const std::int64_t any = tape.between(std::numeric_limits<std::int64_t>::min(),
                                          std::numeric_limits<std::int64_t>::max());
    (any < 0 ? is_negative_seen : is_positive_seen) = true;
  }
  EXPECT_TRUE(is_negative_seen);
  EXPECT_TRUE(is_positive_seen);
}

TEST(Tape, OneInNHappensAboutThatOften) {
  Tape tape = Tape::from_seed(3);
  int count = 0;
  for (int i = 0; i < 10'000; ++i) count += tape.one_in(10) ? 1 : 0;
  EXPECT_GT(count, 800);
  EXPECT_LT(count, 1200);
}

}  // namespace
}  // namespace rookery::sim
