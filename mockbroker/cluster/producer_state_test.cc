// producer_state_test.cc
//
// Idempotence: whatever is sent again, and in whatever order answers are lost, each block is
// appended once and in order.
#include "mockbroker/cluster/producer_state.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace rookery::mock {
namespace {

constexpr std::int32_t kGreatest = std::numeric_limits<std::int32_t>::max();

TEST(ProducerStates, SequencesWrap) {
  EXPECT_EQ(ProducerStates::last_sequence(5, 1), 5);
  EXPECT_EQ(ProducerStates::last_sequence(kGreatest - 1, 2), kGreatest);
  EXPECT_EQ(ProducerStates::last_sequence(kGreatest, 2), 0);
  ProducerStates states;
  states.appended({1, 0, kGreatest - 1, 2}, 0, 0);
  EXPECT_EQ(states.check({1, 0, 0, 1}).error, std::nullopt);
  EXPECT_EQ(states.check({1, 0, 1, 1}).error, ErrorCode::kOutOfOrderSequenceNumber);
}

TEST(ProducerStates, RemembersFiveBlocks) {
  ProducerStates states;
  for (int i = 0; i < 6; ++i) states.appended({1, 0, i, 1}, 10 + i, 0);
  EXPECT_EQ(states.check({1, 0, 0, 1}).error, ErrorCode::kOutOfOrderSequenceNumber);
  for (int i = 1; i < 6; ++i) EXPECT_EQ(states.check({1, 0, i, 1}).duplicate_of, 10 + i);
}

TEST(ProducerStates, AnUnknownProducerMayBeginAnywhere) {
  ProducerStates states;
  EXPECT_EQ(states.check({1, 0, 77, 1}).error, std::nullopt);
  states.appended({1, 0, 77, 1}, 0, /*wall_ms=*/100);
  states.expire(100);
  EXPECT_TRUE(states.knows(1));
  states.expire(101);
  EXPECT_FALSE(states.knows(1));
}

// DeleteRecords has cut a block, and a loss of power took the rest of it: it is not there, and a
// retry of it is written.
TEST(ProducerStates, ABlockWhoseEndWasReplacedIsForgotten) {
  ProducerStates states;
  states.appended({1, 0, 0, 1}, /*base_offset=*/0, 0);
  states.appended({1, 0, 1, 8}, /*base_offset=*/1, 0);
  { ProducerStates::Reload reload(states, 9); }
  EXPECT_EQ(states.check({1, 0, 1, 8}).duplicate_of, 1);
  { ProducerStates::Reload reload(states, 4); }
  const ProducerStates::Verdict again = states.check({1, 0, 1, 8});
  EXPECT_EQ(again.duplicate_of, std::nullopt);
  EXPECT_EQ(again.error, std::nullopt);
  EXPECT_EQ(states.check({1, 0, 0, 1}).duplicate_of, 0) << "it lies below as a whole";
  EXPECT_EQ(states.check({1, 0, 9, 1}).error, ErrorCode::kOutOfOrderSequenceNumber);
}

TEST(ProducerStates, EpochsFence) {
  ProducerStates states;
  states.appended({1, 3, 0, 1}, 0, 0);
  EXPECT_EQ(states.check({1, 2, 1, 1}).error, ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(states.check({1, 4, 1, 1}).error, ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(states.check({1, 4, 0, 1}).error, std::nullopt);
  states.appended({1, 4, 0, 1}, 1, 0);
  EXPECT_EQ(states.check({1, 4, 0, 1}).duplicate_of, 1);  // of the new epoch only
}

// A producer with at most five blocks under way, whose requests and answers get lost, be repeated
// and overtake each other.
RC_GTEST_PROP(ProducerStatesProperty, AppendsEachBlockOnceAndInOrder, ()) {
  const auto counts =
      *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(1, 4));
  std::vector<std::int32_t> first_sequences;
  std::int32_t next = 0;
  for (const std::uint32_t count : counts) {
    first_sequences.push_back(next);
    next += static_cast<std::int32_t>(count);
  }
  ProducerStates states;
  std::map<std::size_t, Offset> appended;  // by block
  Offset end = 0;
  std::size_t acknowledged = 0;  // blocks below it
  std::vector<bool> is_acknowledged(counts.size(), false);
  const auto arrive = [&](std::size_t block) {
    const ProducerStates::Batch batch{7, 0, first_sequences[block], counts[block]};
    const auto verdict = states.check(batch);
    if (verdict.duplicate_of) {
      RC_ASSERT(appended.at(block) == *verdict.duplicate_of);
      return true;
    }
    if (verdict.error) {
      RC_ASSERT(*verdict.error == ErrorCode::kOutOfOrderSequenceNumber);
      RC_ASSERT(block > appended.size());  // only because something before it is missing
      return false;
    }
    RC_ASSERT(appended.size() == block);  // in order, and never twice
    appended[block] = end;
    states.appended(batch, end, 0);
    end += counts[block];
    return true;
  };
  const auto settle = [&](std::size_t block, bool answer_arrives) {
    if (arrive(block) && answer_arrives) is_acknowledged[block] = true;
    while (acknowledged < counts.size() && is_acknowledged[acknowledged]) ++acknowledged;
  };
  // Which block of the window is sent next, and whether its answer arrives.
  const auto script = *rc::gen::container<std::vector<std::pair<int, bool>>>(
      rc::gen::pair(rc::gen::inRange(0, 5), rc::gen::arbitrary<bool>()));
  for (const auto& [place, answer_arrives] : script) {
    // Until the first block is there the partition does not know the producer, and would take any
    // (KIP-360).
    const std::size_t ahead = appended.empty() ? 0 : static_cast<std::size_t>(place);
    if (acknowledged + ahead < counts.size()) settle(acknowledged + ahead, answer_arrives);
  }
  while (acknowledged < counts.size()) settle(acknowledged, true);
  RC_ASSERT(end == next);
}

}  // namespace
}  // namespace rookery::mock
