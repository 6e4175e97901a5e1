// nodes_test.cc
//
// Nodes that crash, stop and come back; leaders, coordinators and the controller that move; what
// groups keep through it.
#include "mockbroker/cluster/test_member.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const TopicPartition kOrders{"orders", 0};

class NodesTest : public testing::Test {
 protected:
  explicit NodesTest(const ClusterOptions& options = {.nodes = 3}) : test(options) {
    test.create("orders", 6);
  }

  MetadataResponse metadata(NodeId node,
                            std::optional<std::vector<std::string>> topics = std::nullopt) {
    return test.ask<MetadataResponse>(node, MetadataRequest{std::move(topics)});
  }
  void stop(NodeId node, StopMode mode = StopMode::kCrash) {
    const Status stopped = test.cluster.stop_node(test.now, node, mode);
    ASSERT_TRUE(stopped) << stopped.error().text();
  }
  void start(NodeId node) {
    const Status started = test.cluster.start_node(test.now, node);
    ASSERT_TRUE(started) << started.error().text();
  }
  const Inspection& look() const { return test.cluster.inspect(); }

  TestCluster test;
  TestMember a{test, "a"};
  TestMember b{test, "b"};
};

TEST_F(NodesTest, MetadataNamesNodesControllerAndLeaders) {
  const auto all = metadata(1);
  ASSERT_EQ(all.nodes.size(), 3U);
  EXPECT_EQ(all.nodes[2].id, 2);
  EXPECT_NE(all.nodes[0].port, all.nodes[1].port);
  EXPECT_EQ(all.controller, 0);
  ASSERT_EQ(all.topics.size(), 1U);
  ASSERT_EQ(all.topics[0].partitions.size(), 6U);
  std::map<NodeId, int> led;
  for (const auto& partition : all.topics[0].partitions) ++led[partition.leader];
  EXPECT_THAT(led, ElementsAre(std::pair(0, 2), std::pair(1, 2), std::pair(2, 2)));
  const auto some = metadata(0, {{"nothing", "a/b", "orders"}});
  EXPECT_EQ(some.topics.at(0).error, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(some.topics.at(1).error, ErrorCode::kInvalidTopic);
  EXPECT_EQ(some.topics.at(2).error, std::nullopt);
  EXPECT_TRUE(metadata(0, std::vector<std::string>()).topics.empty());
}

TEST_F(NodesTest, LeadersMoveOnceACrashIsNoticed) {
  const NodeId old = test.leader(kOrders);
  test.produce(kOrders, {{"k", "v"}});
  stop(old);
  const NodeId other = (old + 1) % 3;
  test.pass(999ms);
  EXPECT_EQ(metadata(other).nodes.size(), 3U);  // nobody knows yet
  EXPECT_EQ(test.leader(kOrders), old);
  test.pass(1ms);
  EXPECT_EQ(metadata(other).nodes.size(), 2U);
  const auto placement = look().placement(kOrders).value();
  EXPECT_NE(placement.leader, old);
  EXPECT_EQ(placement.epoch, 1);
  EXPECT_THAT(test.values(kOrders), ElementsAre("v"));  // what was acknowledged is still there
  EXPECT_EQ(test.produce(kOrders, {{"k", "w"}}).base_offset, 1);
  EXPECT_EQ(look().records(kOrders).back().leader_epoch, 1);
  start(old);
  EXPECT_NE(test.leader(kOrders), old);
  test.pass(300s);  // then leadership goes back to where it belongs
  EXPECT_EQ(test.leader(kOrders), old);
}

TEST_F(NodesTest, AControlledStopMovesLeadersFirst) {
  const NodeId old = test.leader(kOrders);
  FetchRequest request{.max_wait = 10s};
  request.partitions.push_back({.partition = kOrders});
  const ReplyTo fetch = test.send(old, request);
  stop(old, StopMode::kControlled);
  EXPECT_NE(test.leader(kOrders), old);
  EXPECT_EQ(test.reply<FetchResponse>(fetch).partitions.at(0).error,
            ErrorCode::kNotLeaderOrFollower);
}

TEST_F(NodesTest, ANodeThatIsDownAnswersNothing) {
  const NodeId node = test.leader(kOrders);
  FetchRequest request{.max_wait = 10s};
  request.partitions.push_back({.partition = kOrders});
  const ReplyTo before = test.send(node, request);
  stop(node);
  const ReplyTo after = test.send(node, MetadataRequest{});
  test.pass(60s);
  EXPECT_FALSE(test.is_answered(before));
  EXPECT_FALSE(test.is_answered(after));
  EXPECT_FALSE(test.cluster.stop_node(test.now, node, StopMode::kCrash));
  EXPECT_FALSE(test.cluster.start_node(test.now, (node + 1) % 3));
  EXPECT_FALSE(test.cluster.stop_node(test.now, 3, StopMode::kCrash));
  EXPECT_FALSE(test.is_answered(test.send(7, MetadataRequest{})));
}

TEST_F(NodesTest, WithoutAReplicaThatIsUpThereIsNoLeader) {
  test.create("alone", 1, {}, 1);
  const TopicPartition alone{"alone", 0};
  const NodeId node = test.leader(alone);
  test.produce(alone, {{"k", "v"}});
  stop(node);
  test.pass(1s);
  EXPECT_EQ(test.leader(alone), -1);
  const auto told = metadata((node + 1) % 3, {{"alone"}});
  EXPECT_EQ(told.topics.at(0).partitions.at(0).error, ErrorCode::kLeaderNotAvailable);
  EXPECT_EQ(told.topics.at(0).partitions.at(0).leader, -1);
  start(node);
  EXPECT_EQ(test.leader(alone), node);
  EXPECT_THAT(test.values(alone), ElementsAre("v"));
}

TEST_F(NodesTest, ANodeBackBeforeItWasMissedHasLostItsLeadership) {
  const NodeId node = test.leader(kOrders);
  stop(node);
  test.pass(100ms);
  start(node);
  EXPECT_NE(test.leader(kOrders), node);
  EXPECT_EQ(metadata(node).nodes.size(), 3U);
}

TEST_F(NodesTest, OthersAreNotLeaders) {
  const NodeId other = (test.leader(kOrders) + 1) % 3;
  ProduceRequest produce;
  produce.partitions.push_back({kOrders, TestCluster::block({{"k", "v"}})});
  EXPECT_EQ(test.ask<ProduceResponse>(other, produce).partitions.at(0).error,
            ErrorCode::kNotLeaderOrFollower);
  FetchRequest fetch;
  fetch.partitions.push_back({.partition = kOrders});
  EXPECT_EQ(test.ask<FetchResponse>(other, fetch).partitions.at(0).error,
            ErrorCode::kNotLeaderOrFollower);
  ListOffsetsRequest list;
  list.partitions.push_back({kOrders, -1});
  EXPECT_EQ(test.ask<ListOffsetsResponse>(other, list).partitions.at(0).error,
            ErrorCode::kNotLeaderOrFollower);
}

TEST_F(NodesTest, LeadersMoveOnlyToReplicasThatAreUp) {
  test.create("alone", 1, {}, 1);
  const NodeId node = test.leader({"alone", 0});
  const NodeId other = (node + 1) % 3;
  EXPECT_EQ(test.cluster.move_leader(test.now, {"alone", 0}, other).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(test.cluster.move_leader(test.now, {"nothing", 0}, 0).error().code,
            ErrorCode::kUnknownTopicOrPartition);
  stop(other);
  EXPECT_EQ(test.cluster.move_leader(test.now, kOrders, other).error().code, ErrorCode::kState);
}

TEST_F(NodesTest, TopicsAreTheControllersBusiness) {
  const CreateTopicsRequest create{{{.name = "new"},
                                    {.name = "orders"},
                                    {.name = "a/b"},
                                    {.name = "none", .partitions = 0},
                                    {.name = "many", .replication_factor = 4},
                                    {.name = "odd", .config = {{"retention.ms", "soon"}}},
                                    {.name = "or.ders"},
                                    {.name = "two"},
                                    {.name = "two"},
                                    {.name = "or_ders"}}};
  EXPECT_EQ(test.ask<TopicsResponse>(1, create).topics.at(0).error, ErrorCode::kNotController);
  const auto created = test.ask<TopicsResponse>(0, create);
  const std::vector<MaybeError> expected = {std::nullopt,
                                            ErrorCode::kTopicAlreadyExists,
                                            ErrorCode::kInvalidTopic,
                                            ErrorCode::kInvalidPartitions,
                                            ErrorCode::kInvalidReplicationFactor,
                                            ErrorCode::kInvalidConfig,
                                            std::nullopt,
                                            ErrorCode::kInvalidRequest,
                                            ErrorCode::kInvalidRequest,
                                            ErrorCode::kInvalidTopic};
  ASSERT_EQ(created.topics.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(created.topics[i].error, expected[i]) << created.topics[i].name;
    EXPECT_EQ(created.topics[i].message.empty(), !expected[i]) << created.topics[i].name;
  }
  EXPECT_THAT(look().topics(), ElementsAre("new", "or.ders", "orders"));
  EXPECT_EQ(test.ask<TopicsResponse>(1, DeleteTopicsRequest{{"new"}}).topics.at(0).error,
            ErrorCode::kNotController);
  const auto deleted = test.ask<TopicsResponse>(0, DeleteTopicsRequest{{"new", "nothing"}});
  EXPECT_EQ(deleted.topics.at(0).error, std::nullopt);
  EXPECT_EQ(deleted.topics.at(1).error, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(look().partition_count("new"), std::nullopt);
}

TEST_F(NodesTest, ATopicMadeAgainBeginsEmpty) {
  test.produce(kOrders, {{"k", "v"}});
  ASSERT_TRUE(test.cluster.delete_topic(test.now, "orders"));
  test.create("orders", 2);
  EXPECT_EQ(look().high_watermark(kOrders), 0);
  EXPECT_EQ(look().partition_count("orders"), 2);
}

TEST_F(NodesTest, TheControllerMovesWithItsNode) {
  stop(0);
  EXPECT_EQ(metadata(1).controller, 0);
  test.pass(1s);
  EXPECT_EQ(metadata(1).controller, 1);
  start(0);
  EXPECT_EQ(metadata(0).controller, 1);
  stop(0);
  stop(1);
  stop(2);
  test.pass(1s);
  EXPECT_EQ(look().controller(), -1);
  start(2);
  EXPECT_EQ(look().controller(), 2);
  EXPECT_EQ(test.leader(kOrders), 2);
}

TEST_F(NodesTest, WithoutAControllerNothingIsDecided) {
  ASSERT_TRUE(test.cluster.move_controller(test.now, -1));
  EXPECT_EQ(metadata(1).controller, -1);
  for (NodeId node = 0; node < 3; ++node) {
    EXPECT_EQ(
        test.ask<TopicsResponse>(node, CreateTopicsRequest{{{.name = "new"}}}).topics.at(0).error,
        ErrorCode::kNotController);
  }
  const NodeId old = test.leader(kOrders);
  stop(old);
  test.pass(60s);
  EXPECT_EQ(test.leader(kOrders), old);
  const NodeId other = (old + 1) % 3;
  EXPECT_FALSE(test.cluster.move_controller(test.now, old));
  ASSERT_TRUE(test.cluster.move_controller(test.now, other));
  EXPECT_NE(test.leader(kOrders), old);
  EXPECT_EQ(metadata(other).nodes.size(), 2U);
}

TEST_F(NodesTest, AnAbsenceThatEndsWhileAllAreDownIsOver) {
  ASSERT_TRUE(test.cluster.move_controller(test.now, -1));
  for (NodeId node = 0; node < 3; ++node) {
    ASSERT_TRUE(test.cluster.stop_node(test.now, node, StopMode::kControlled));
  }
  test.cluster.end_controller_absence(test.now);
  EXPECT_EQ(test.cluster.inspect().controller(), -1);
  ASSERT_TRUE(test.cluster.start_node(test.now, 1));
  EXPECT_EQ(test.cluster.inspect().controller(), 1);
}

TEST_F(NodesTest, AnAbsenceEndsWithTheFirstThatIsUp) {
  ASSERT_TRUE(test.cluster.move_controller(test.now, -1));
  ASSERT_TRUE(test.cluster.stop_node(test.now, 0, StopMode::kCrash));
  test.cluster.end_controller_absence(test.now);
  EXPECT_EQ(test.cluster.inspect().controller(), 1);
}

TEST_F(NodesTest, ACoordinatorIsFoundThroughAnyNode) {
  const NodeId coordinator = look().coordinator(kGroup);
  for (NodeId node = 0; node < 3; ++node) {
    EXPECT_EQ(test.ask<FindCoordinatorResponse>(node, FindCoordinatorRequest{kGroup}).node,
              coordinator);
  }
  EXPECT_EQ(test.ask<FindCoordinatorResponse>(0, FindCoordinatorRequest{}).error,
            ErrorCode::kInvalidGroupId);
  // As Kafka places them: the absolute value of Java's hash of the name, modulo 50; the last hashes
  // to the least integer.
  EXPECT_EQ(Inspection::coordinator_slot("billing"), 9);
  EXPECT_EQ(Inspection::coordinator_slot("orders-indexer"), 43);
  EXPECT_EQ(Inspection::coordinator_slot("polygenelubricants"), 0);
}

TEST_F(NodesTest, OthersAreNotCoordinators) {
  settle({&a});
  const NodeId other = (look().coordinator(kGroup) + 1) % 3;
  EXPECT_EQ(test.ask<JoinGroupResponse>(other, b.join_request()).error, ErrorCode::kNotCoordinator);
  EXPECT_EQ(test.ask<SyncGroupResponse>(other, SyncGroupRequest{.group = kGroup}).error,
            ErrorCode::kNotCoordinator);
  EXPECT_EQ(test.ask<HeartbeatResponse>(other, HeartbeatRequest{kGroup, 1, a.id, ""}).error,
            ErrorCode::kNotCoordinator);
  EXPECT_EQ(test.ask<LeaveGroupResponse>(other, LeaveGroupRequest{kGroup, a.id, ""}).error,
            ErrorCode::kNotCoordinator);
  EXPECT_EQ(test.ask<OffsetFetchResponse>(other, OffsetFetchRequest{kGroup, std::nullopt}).error,
            ErrorCode::kNotCoordinator);
  OffsetCommitRequest commit{.group = kGroup};
  commit.partitions.push_back({.partition = kOrders, .offset = 1});
  EXPECT_EQ(test.ask<OffsetCommitResponse>(other, commit).partitions.at(0).error,
            ErrorCode::kNotCoordinator);
}

class LoadingTest : public NodesTest {
 protected:
  LoadingTest() : NodesTest({.nodes = 3, .coordinator_load_time = 500ms}) {}
};

TEST_F(LoadingTest, ANewCoordinatorReadsItsGroupsFirst) {
  settle({&a, &b});
  EXPECT_EQ(a.commit(5, "m"), std::nullopt);
  test.pass(8s);
  const NodeId next = (look().coordinator(kGroup) + 1) % 3;
  ASSERT_TRUE(test.cluster.move_coordinator(test.now, kGroup, next));
  EXPECT_EQ(test.reply<JoinGroupResponse>(a.send_join()).error,
            ErrorCode::kCoordinatorLoadInProgress);
  EXPECT_EQ(test.reply<SyncGroupResponse>(a.send_sync()).error, ErrorCode::kRebalanceInProgress);
  EXPECT_EQ(a.heartbeat(), std::nullopt);  // nobody is told that it is no member
  EXPECT_EQ(a.leave(), ErrorCode::kCoordinatorLoadInProgress);
  EXPECT_EQ(a.commit(6), ErrorCode::kCoordinatorLoadInProgress);
  EXPECT_EQ(test.ask<OffsetFetchResponse>(next, OffsetFetchRequest{kGroup, std::nullopt}).error,
            ErrorCode::kCoordinatorLoadInProgress);
  EXPECT_FALSE(look().group(kGroup).is_loaded);
  EXPECT_EQ(look().group(kGroup).members.size(), 2U);
  test.pass(500ms);
  EXPECT_TRUE(look().group(kGroup).is_loaded);
  test.pass(9s);  // sessions began anew
  EXPECT_EQ(a.heartbeat(), std::nullopt);
  EXPECT_EQ(b.heartbeat(), std::nullopt);
  EXPECT_EQ(look().group(kGroup).generation, 2);
  EXPECT_EQ(look().committed(kGroup, kOrders), (CommittedOffset{5, -1, "m"}));
  EXPECT_EQ(a.commit(6), std::nullopt);
}

TEST_F(NodesTest, AMoveEndsWhatIsUnderWay) {
  settle({&a});
  const ReplyTo join_b = b.join();
  const NodeId next = (look().coordinator(kGroup) + 1) % 3;
  ASSERT_TRUE(test.cluster.move_coordinator(test.now, kGroup, next));
  EXPECT_EQ(test.reply<JoinGroupResponse>(join_b).error, ErrorCode::kNotCoordinator);
  EXPECT_EQ(look().group(kGroup).state, GroupState::kStable);  // as it was written last
  EXPECT_EQ(a.heartbeat(), std::nullopt);
  EXPECT_EQ(test.reply<JoinGroupResponse>(b.send_join()).error, ErrorCode::kUnknownMemberId);
  b.id.clear();
  settle({&a, &b});
  EXPECT_EQ(a.generation, 3);  // one when the first came alone, one with both
}

TEST_F(NodesTest, ALostGenerationIsIllegal) {
  settle({&a, &b});
  const ReplyTo join = a.send_join();
  b.joined(b.send_join());
  a.joined(join);
  ASSERT_EQ(a.generation, 3);
  const ReplyTo sync = look().group(kGroup).leader == a.id ? b.send_sync() : a.send_sync();
  const NodeId next = (look().coordinator(kGroup) + 1) % 3;
  ASSERT_TRUE(test.cluster.move_coordinator(test.now, kGroup, next));
  EXPECT_EQ(test.reply<SyncGroupResponse>(sync).error, ErrorCode::kNotCoordinator);
  EXPECT_EQ(a.commit(1), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(test.reply<SyncGroupResponse>(b.send_sync()).error, ErrorCode::kIllegalGeneration);
  settle({&a, &b});
}

TEST_F(NodesTest, ACoordinatorsCrashLosesNoMember) {
  settle({&a, &b});
  EXPECT_EQ(b.commit(9), std::nullopt);
  const NodeId old = look().coordinator(kGroup);
  stop(old);
  test.pass(1s);
  EXPECT_NE(look().coordinator(kGroup), old);
  test.pass(8s);
  EXPECT_EQ(a.heartbeat(), std::nullopt);
  EXPECT_EQ(b.heartbeat(), std::nullopt);
  EXPECT_EQ(look().committed(kGroup, kOrders)->offset, 9);
}

TEST_F(NodesTest, WithoutNodesNobodyCountsSessions) {
  settle({&a});
  EXPECT_EQ(a.commit(3), std::nullopt);
  for (NodeId node = 0; node < 3; ++node) stop(node);
  test.pass(60s);
  EXPECT_EQ(look().group(kGroup).members.size(), 1U);
  start(1);
  ASSERT_EQ(look().coordinator(kGroup), 1);
  EXPECT_EQ(a.heartbeat(), std::nullopt);
  EXPECT_EQ(look().committed(kGroup, kOrders)->offset, 3);
}

TEST_F(NodesTest, ARestartWithoutAControllerReadsTheGroupsAnew) {
  settle({&a});
  const NodeId old = look().coordinator(kGroup);
  ASSERT_TRUE(test.cluster.move_controller(test.now, -1));
  stop(old);
  test.pass(5s);
  start(old);
  ASSERT_TRUE(test.cluster.move_controller(test.now, old));
  EXPECT_EQ(look().coordinator(kGroup), old);
  EXPECT_TRUE(look().group(kGroup).is_loaded);
  EXPECT_EQ(a.heartbeat(), std::nullopt);
}

}  // namespace
}  // namespace rookery::mock
