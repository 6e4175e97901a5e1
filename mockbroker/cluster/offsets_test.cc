// offsets_test.cc
//
// Committed offsets: who may commit when, what is kept, and for how long.
#include "mockbroker/cluster/test_member.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;

const TopicPartition kOrders{"orders", 0};

class OffsetsTest : public testing::Test {
 protected:
  OffsetsTest() { test.create("orders", 4); }

  OffsetFetchResponse fetch(std::optional<std::vector<TopicPartition>> partitions) {
    return test.ask<OffsetFetchResponse>(0, OffsetFetchRequest{kGroup, std::move(partitions)});
  }

  TestCluster test;
  TestMember a{test, "a"};
  TestMember b{test, "b"};
  TestMember outsider{test, "tool"};
};

TEST_F(OffsetsTest, KeepsOffsetAndMetadata) {
  settle({&a});
  const std::string metadata("\0\xff 3,5", 6);
  EXPECT_EQ(a.commit(7, metadata), std::nullopt);
  const auto some = fetch({{kOrders, {"orders", 1}, {"nothing", 0}}});
  ASSERT_EQ(some.partitions.size(), 3U);
  EXPECT_EQ(some.partitions[0].offset, 7);
  EXPECT_EQ(some.partitions[0].metadata, metadata);
  EXPECT_EQ(some.partitions[1].offset, -1);
  EXPECT_EQ(some.partitions[2].offset, -1);
  EXPECT_EQ(a.commit(9, "", {"orders", 2}), std::nullopt);
  EXPECT_EQ(fetch(std::nullopt).partitions.size(), 2U);
  EXPECT_EQ(a.commit(5), std::nullopt);  // backwards: the broker does not mind
  EXPECT_EQ(test.cluster.inspect().committed(kGroup, kOrders)->offset, 5);
}

TEST_F(OffsetsTest, KeepsTheLeaderEpoch) {
  OffsetCommitRequest request{.group = kGroup};
  request.partitions.push_back({.partition = kOrders, .offset = 7, .leader_epoch = 3});
  request.partitions.push_back({.partition = {"orders", 1}, .offset = 8});
  test.ask<OffsetCommitResponse>(0, request);
  const auto answer = fetch({{kOrders, {"orders", 1}, {"orders", 2}}});
  EXPECT_EQ(answer.partitions.at(0).leader_epoch, 3);
  EXPECT_EQ(answer.partitions.at(1).leader_epoch, -1);
  EXPECT_EQ(answer.partitions.at(2).leader_epoch, -1);
}

TEST_F(OffsetsTest, LimitsMetadata) {
  EXPECT_EQ(outsider.commit(1, std::string(4096, 'm')), std::nullopt);
  EXPECT_EQ(outsider.commit(2, std::string(4097, 'm')), ErrorCode::kOffsetMetadataTooLarge);
  EXPECT_EQ(test.cluster.inspect().committed(kGroup, kOrders)->offset, 1);
}

TEST_F(OffsetsTest, KnowsTopics) {
  EXPECT_EQ(outsider.commit(1, "", {"nothing", 0}), ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(outsider.commit(1, "", {"orders", 4}), ErrorCode::kUnknownTopicOrPartition);
}

TEST_F(OffsetsTest, FromOutsideOnlyWithoutMembers) {
  EXPECT_EQ(outsider.commit(1), std::nullopt);
  settle({&a});
  EXPECT_EQ(outsider.commit(2), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(a.leave(), std::nullopt);
  EXPECT_EQ(outsider.commit(3), std::nullopt);
}

TEST_F(OffsetsTest, OnlyOfThePresentGeneration) {
  a.generation = 1;
  a.id = "a-1";
  EXPECT_EQ(a.commit(1), ErrorCode::kIllegalGeneration);  // no such group
  a.id.clear();
  settle({&a});
  TestMember stranger = a;
  stranger.id = "x-9";
  EXPECT_EQ(stranger.commit(1), ErrorCode::kUnknownMemberId);
  const ReplyTo join_b = b.join();
  EXPECT_EQ(a.commit(2), std::nullopt);  // preparing: still valid
  const ReplyTo join_a = a.send_join();
  EXPECT_EQ(a.commit(3),
            ErrorCode::kIllegalGeneration);  // it does not know yet that it has a new one
  a.joined(join_a);
  b.joined(join_b);
  EXPECT_EQ(a.commit(3), ErrorCode::kRebalanceInProgress);  // completing: nobody owns anything
  EXPECT_EQ(test.cluster.inspect().committed(kGroup, kOrders)->offset, 2);
}

TEST_F(OffsetsTest, ACommitIsASignOfLife) {
  settle({&a});
  for (int i = 0; i < 5; ++i) {
    test.pass(9s);
    EXPECT_EQ(a.commit(i), std::nullopt);
  }
  test.pass(10s);
  EXPECT_EQ(a.commit(6), ErrorCode::kUnknownMemberId);
}

TEST_F(OffsetsTest, GoWithTheirTopic) {
  test.create("refunds");
  EXPECT_EQ(outsider.commit(1), std::nullopt);
  EXPECT_EQ(outsider.commit(2, "", {"refunds", 0}), std::nullopt);
  ASSERT_TRUE(test.cluster.delete_topic(test.now, "orders"));
  const auto left = test.cluster.inspect().committed(kGroup);
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left.begin()->first.topic, "refunds");
}

TEST_F(OffsetsTest, OfAnEmptyGroupAreKeptForAWeek) {
  settle({&a});
  EXPECT_EQ(a.commit(1), std::nullopt);
  EXPECT_EQ(a.leave(), std::nullopt);
  test.pass(24h * 7 - 1ms);
  EXPECT_EQ(fetch({{kOrders}}).partitions.at(0).offset, 1);
  test.pass(1ms);
  EXPECT_EQ(fetch({{kOrders}}).partitions.at(0).offset, -1);
  EXPECT_EQ(test.cluster.inspect().group(kGroup).state, GroupState::kDead);
  EXPECT_EQ(test.cluster.next_deadline(), kNever);
}

TEST_F(OffsetsTest, OfAGroupWithMembersAreKeptForEver) {
  settle({&a});
  EXPECT_EQ(a.commit(1), std::nullopt);
  for (int i = 0; i < 24 * 8; ++i) {
    for (int j = 0; j < 400; ++j) {
      test.pass(9s);
      ASSERT_EQ(a.heartbeat(), std::nullopt);
    }
  }
  EXPECT_EQ(fetch({{kOrders}}).partitions.at(0).offset, 1);
}

}  // namespace
}  // namespace rookery::mock
