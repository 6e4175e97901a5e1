// commits_test.cc
//
// The order, merging, retries and deadlines of commits, without a broker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/transport/librdkafka/commits.h>

#include <chrono>

namespace rookery::librdkafka {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};
const TopicPartition kFirst{"orders", 0};
const TopicPartition kSecond{"orders", 1};

class CommitQueueTest : public ::testing::Test {
 protected:
  CommitId add(const TopicPartition& partition, Offset offset, Duration limit = 10s) {
    return queue_.add({{partition, AssignmentId{1}, offset, "m" + std::to_string(offset)}},
                      {Status{}}, kStart + limit);
  }
  void answer(std::uint64_t attempt, Status status, TimePoint at = kStart) {
    queue_.answered(attempt, status, {}, at);
  }

  CommitQueue queue_;
};

TEST_F(CommitQueueTest, OneRequestAtATimeAndWhatCameMeanwhileIsMerged) {
  const CommitId first = add(kFirst, 1);
  const auto request = queue_.next_request(kStart);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->items.at(kFirst).offset, 1);
  const CommitId second = add(kFirst, 2);
  const CommitId third = add(kSecond, 7);
  const CommitId fourth = add(kFirst, 3);
  EXPECT_FALSE(queue_.next_request(kStart));
  answer(request->attempt, Status{});
  const auto done = queue_.take_done();
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].commit, first);
  const auto merged = queue_.next_request(kStart);
  ASSERT_TRUE(merged);
  ASSERT_EQ(merged->items.size(), 2U);
  EXPECT_EQ(merged->items.at(kFirst).offset, 3);
  EXPECT_EQ(merged->items.at(kFirst).metadata, "m3");
  EXPECT_EQ(merged->items.at(kSecond).offset, 7);
  answer(merged->attempt, Status{});
  const auto rest = queue_.take_done();
  ASSERT_EQ(rest.size(), 3U);
  EXPECT_EQ(rest[0].commit, second);
  EXPECT_EQ(rest[1].commit, third);
  EXPECT_EQ(rest[2].commit, fourth);
  for (const CommitDone& each : rest) EXPECT_TRUE(each.results.front().status);
  EXPECT_EQ(queue_.next_expiry(), kNever);
  EXPECT_EQ(queue_.next_try(), kNever);
}

TEST_F(CommitQueueTest, ARebalanceInProgressIsTriedAgain) {
  add(kFirst, 1);
  auto request = queue_.next_request(kStart);
  answer(request->attempt, fail(ErrorCode::kRebalanceInProgress, ""));
  EXPECT_TRUE(queue_.take_done().empty());
  EXPECT_FALSE(queue_.next_request(kStart));
  EXPECT_GT(queue_.next_try(), kStart);
  request = queue_.next_request(kStart + 1s);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->items.at(kFirst).offset, 1);
  answer(request->attempt, Status{});
  EXPECT_EQ(queue_.take_done().size(), 1U);
}

TEST_F(CommitQueueTest, AnErrorThatStaysIsTheAnswer) {
  add(kFirst, 1);
  const auto request = queue_.next_request(kStart);
  answer(request->attempt, fail(ErrorCode::kIllegalGeneration, ""));
  const auto done = queue_.take_done();
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].results.front().status.error().code, ErrorCode::kIllegalGeneration);
}

TEST_F(CommitQueueTest, EachPartitionHasItsOwnAnswer) {
  queue_.add({{kFirst, AssignmentId{1}, 1, ""}, {kSecond, AssignmentId{2}, 2, ""}},
             {Status{}, Status{}}, kStart + 10s);
  const auto request = queue_.next_request(kStart);
  queue_.answered(request->attempt, Status{},
                  {{kSecond, fail(ErrorCode::kTopicAuthorizationFailed, "")}}, kStart);
  const auto done = queue_.take_done();
  ASSERT_EQ(done.size(), 1U);
  EXPECT_TRUE(done[0].results[0].status);
  EXPECT_EQ(done[0].results[1].status.error().code, ErrorCode::kTopicAuthorizationFailed);
}

TEST_F(CommitQueueTest, ADeadlineEndsTheWaitAndALateAnswerIsIgnored) {
  add(kFirst, 1, 2s);
  const auto request = queue_.next_request(kStart);
  EXPECT_EQ(queue_.next_expiry(), kStart + 2s);
  queue_.expire(kStart + 2s);
  const auto done = queue_.take_done();
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].results.front().status.error().code, ErrorCode::kTimedOut);
  // What is new does not wait for the old answer, and is not ended by it.
  add(kFirst, 2);
  const auto next = queue_.next_request(kStart + 2s);
  ASSERT_TRUE(next);
  answer(request->attempt, fail(ErrorCode::kIllegalGeneration, ""));
  EXPECT_TRUE(queue_.take_done().empty());
  answer(next->attempt, Status{});
  EXPECT_EQ(queue_.take_done().size(), 1U);
}

TEST_F(CommitQueueTest, WhatIsRefusedFromTheStartIsDoneInItsTurn) {
  add(kFirst, 1);
  queue_.add({{kSecond, AssignmentId{9}, 5, ""}}, {fail(ErrorCode::kRevoked, "stale")},
             kStart + 10s);
  EXPECT_TRUE(queue_.take_done().empty());
  const auto request = queue_.next_request(kStart);
  ASSERT_EQ(request->items.size(), 1U);
  answer(request->attempt, Status{});
  const auto done = queue_.take_done();
  ASSERT_EQ(done.size(), 2U);
  EXPECT_EQ(done[1].results.front().status.error().code, ErrorCode::kRevoked);
}

TEST_F(CommitQueueTest, WhatWasRevokedBeforeItWasSentIsNotSent) {
  add(kFirst, 1);
  queue_.revoke({{kFirst, AssignmentId{1}}});
  EXPECT_FALSE(queue_.next_request(kStart));
  const auto done = queue_.take_done();
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].results.front().status.error().code, ErrorCode::kRevoked);
}

TEST_F(CommitQueueTest, WhatWasRevokedOnTheWayIsNotSentAgain) {
  add(kFirst, 1);
  const auto request = queue_.next_request(kStart);
  queue_.revoke({{kFirst, AssignmentId{1}}});
  EXPECT_TRUE(queue_.take_done().empty());
  answer(request->attempt, fail(ErrorCode::kRebalanceInProgress, ""));
  const auto done = queue_.take_done();
  ASSERT_EQ(done.size(), 1U);
  EXPECT_FALSE(done[0].results.front().status);
  EXPECT_FALSE(queue_.next_request(kStart + 1s));
}

TEST_F(CommitQueueTest, TheEndEndsEverything) {
  add(kFirst, 1);
  queue_.next_request(kStart);
  add(kSecond, 2);
  queue_.end_all(Error{.code = ErrorCode::kClosed, .message = "closed"});
  const auto done = queue_.take_done();
  ASSERT_EQ(done.size(), 2U);
  for (const CommitDone& each : done)
    EXPECT_EQ(each.results.front().status.error().code, ErrorCode::kClosed);
}

}  // namespace
}  // namespace rookery::librdkafka
