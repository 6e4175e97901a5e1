// replication_test.cc
//
// What each replica holds, who is in sync, what is acknowledged when, and what crashes lose.
#include "mockbroker/cluster/test_cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const TopicPartition kOrders{"orders", 0};

struct Losses final : Observer {
  void lost(const LossEvent& event) override {
    all.push_back(std::string(name(event.reason)) + " " + std::to_string(event.from) + "-" +
                  std::to_string(event.end) + " hw " + std::to_string(event.high_watermark));
  }
  void truncated(const TruncationEvent& event) override {
    truncations.push_back(std::to_string(event.replica) + ": " + std::to_string(event.from) + "-" +
                          std::to_string(event.end));
  }
  void appended(const AppendEvent& event) override { restored += event.is_restored ? 1 : 0; }
  std::vector<std::string> all;
  std::vector<std::string> truncations;
  int restored = 0;
};

// The leader of orders-0 is node 0; nodes 1 and 2 follow.
class ReplicationTest : public testing::Test {
 protected:
  explicit ReplicationTest(const ClusterOptions& options = {.nodes = 3}) : test(options) {
    test.cluster.add_observer(&losses);
  }

  void create(std::map<std::string, std::string> config = {}) {
    test.create("orders", 1, std::move(config));
    ASSERT_EQ(test.leader(kOrders), 0);
  }
  void stop(NodeId node, StopMode mode = StopMode::kCrash) {
    ASSERT_TRUE(test.cluster.stop_node(test.now, node, mode));
  }
  void start(NodeId node) { ASSERT_TRUE(test.cluster.start_node(test.now, node)); }
  void cut_off(NodeId node) {
    ASSERT_TRUE(test.cluster.set_replication_delay(test.now, node, Duration::max()));
  }
  void reconnect(NodeId node) {
    ASSERT_TRUE(test.cluster.set_replication_delay(test.now, node, Duration::zero()));
  }
  ReplyTo send(NodeId node, const char* value, std::int16_t acks, Milliseconds timeout = 60s,
               std::int32_t sequence = -1) {
    ProduceRequest request{.acks = acks, .timeout = timeout};
    request.partitions.push_back(
        {.partition = kOrders,
         .block = TestCluster::block({{"k", value}}),
         .producer_id = sequence < 0 ? -1 : 7,
         .producer_epoch = static_cast<std::int16_t>(sequence < 0 ? -1 : 0),
         .base_sequence = sequence});
    return test.send(node, std::move(request));
  }
  ProduceResponse::Partition answer(ReplyTo name) {
    const auto response = test.reply<ProduceResponse>(name);
    return response.partitions.empty() ? ProduceResponse::Partition{} : response.partitions[0];
  }
  std::vector<Offset> ends() const {
    std::vector<Offset> ends;
    for (const auto& replica : look().replicas(kOrders)) ends.push_back(replica.log_end);
    return ends;
  }
  std::vector<NodeId> in_sync() const { return look().in_sync(kOrders); }
  Offset high_watermark() const { return look().high_watermark(kOrders).value(); }
  const Inspection& look() const { return test.cluster.inspect(); }

  Losses losses;
  TestCluster test;
};

TEST_F(ReplicationTest, FollowersHaveTheRecordsInTheSameMoment) {
  create();
  EXPECT_EQ(test.produce(kOrders, {{"k", "v"}}).base_offset, 0);
  EXPECT_THAT(ends(), ElementsAre(1, 1, 1));
  EXPECT_THAT(in_sync(), ElementsAre(0, 1, 2));
  EXPECT_EQ(look().replicas(kOrders)[2].high_watermark, 1);
  EXPECT_EQ(look().records_of(kOrders, 1), look().records(kOrders));
  EXPECT_EQ(test.cluster.next_deadline(), kNever);  // an idle cluster has nothing to do
}

TEST_F(ReplicationTest, AcksAllWaitsUntilTheCrashOfAFollowerIsNoticed) {
  create();
  stop(2);
  const ReplyTo all = send(0, "a", -1);
  const ReplyTo one = send(0, "b", 1);
  EXPECT_FALSE(test.is_answered(all));
  EXPECT_EQ(answer(one).base_offset, 1);
  EXPECT_EQ(high_watermark(), 0);
  EXPECT_THAT(test.values(kOrders), IsEmpty());  // not for consumers yet
  const auto fetched = test.fetch(kOrders, 1);   // past the high watermark, within the log
  ASSERT_EQ(fetched.partitions.size(), 1U);
  EXPECT_EQ(fetched.partitions[0].error, std::nullopt);
  EXPECT_TRUE(fetched.partitions[0].blocks.empty());
  EXPECT_EQ(test.fetch(kOrders, 3).partitions.at(0).error, ErrorCode::kOffsetOutOfRange);
  test.pass(1s);
  EXPECT_EQ(answer(all).base_offset, 0);
  EXPECT_THAT(in_sync(), ElementsAre(0, 1));
  EXPECT_THAT(test.values(kOrders), ElementsAre("a", "b"));
  start(2);
  EXPECT_THAT(in_sync(), ElementsAre(0, 1, 2));
  EXPECT_THAT(ends(), ElementsAre(2, 2, 2));
}

TEST_F(ReplicationTest, ALaggardLeavesAndComesBack) {
  create({{"min.insync.replicas", "3"}});
  cut_off(1);
  const ReplyTo all = send(0, "a", -1);
  test.pass(29'999ms);
  EXPECT_FALSE(test.is_answered(all));
  EXPECT_THAT(in_sync(), ElementsAre(0, 1, 2));
  test.pass(1ms);
  EXPECT_THAT(in_sync(), ElementsAre(0, 2));
  EXPECT_EQ(answer(all).error, ErrorCode::kNotEnoughReplicasAfterAppend);
  EXPECT_EQ(high_watermark(), 1);
  EXPECT_EQ(answer(send(0, "b", -1)).error, ErrorCode::kNotEnoughReplicas);
  EXPECT_EQ(answer(send(0, "c", 1)).error, std::nullopt);
  reconnect(1);
  EXPECT_THAT(in_sync(), ElementsAre(0, 1, 2));
  EXPECT_THAT(ends(), ElementsAre(2, 2, 2));
  EXPECT_EQ(answer(send(0, "d", -1)).error, std::nullopt);
  EXPECT_EQ(test.cluster.next_deadline(), kNever);
}

TEST_F(ReplicationTest, AWaitingProduceEndsWithItsTime) {
  create();
  cut_off(2);
  const ReplyTo late = send(0, "a", -1, 5s, 0);
  test.pass(4'999ms);
  EXPECT_FALSE(test.is_answered(late));
  test.pass(1ms);
  EXPECT_EQ(answer(late).error, ErrorCode::kRequestTimedOut);
  const ReplyTo again = send(0, "a", -1, 5s, 0);  // a duplicate waits for the first, too
  EXPECT_FALSE(test.is_answered(again));
  reconnect(2);
  EXPECT_EQ(answer(again).error, std::nullopt);
  EXPECT_EQ(answer(again).base_offset, 0);
  EXPECT_THAT(test.values(kOrders), ElementsAre("a"));
}

TEST_F(ReplicationTest, AWaitingProduceHearsOfTheNextLeaderAndOfTheTopicsEnd) {
  create();
  cut_off(1);
  cut_off(2);
  const ReplyTo moved = send(0, "a", -1);
  ASSERT_TRUE(test.cluster.move_leader(test.now, kOrders, 1));
  EXPECT_EQ(answer(moved).error, ErrorCode::kNotLeaderOrFollower);
  EXPECT_THAT(losses.all, ElementsAre("never replicated 0-1 hw 0"));
  EXPECT_THAT(losses.truncations, ElementsAre("0: 0-1"));
  const ReplyTo deleted = send(1, "b", -1);
  ASSERT_TRUE(test.cluster.delete_topic(test.now, "orders"));
  EXPECT_EQ(answer(deleted).error, ErrorCode::kUnknownTopicOrPartition);
}

TEST_F(ReplicationTest, NobodyHearsOfAWaitingProduceWhoseNodeCrashed) {
  create();
  cut_off(1);
  const ReplyTo produce = send(0, "a", -1);
  stop(0);
  test.pass(120s);
  EXPECT_FALSE(test.is_answered(produce));
}

TEST_F(ReplicationTest, OneAcknowledgementMayLose) {
  create();
  test.produce(kOrders, {{"k", "a"}});
  cut_off(1);
  cut_off(2);
  EXPECT_EQ(answer(send(0, "b", 1)).base_offset, 1);
  stop(0);
  test.pass(1s);
  EXPECT_EQ(test.leader(kOrders), 1);
  EXPECT_THAT(losses.all, ElementsAre("never replicated 1-2 hw 1"));
  EXPECT_EQ(answer(send(1, "c", 1)).base_offset, 1);
  start(0);  // cuts off what its leader does not have
  EXPECT_THAT(losses.truncations, ElementsAre("0: 1-2"));
  EXPECT_EQ(look().records_of(kOrders, 0), look().records_of(kOrders, 1));
  reconnect(2);
  EXPECT_THAT(test.values(kOrders), ElementsAre("a", "c"));
}

TEST_F(ReplicationTest, WithoutAReplicaInSyncThereIsNoLeader) {
  create();
  cut_off(1);
  cut_off(2);
  const ReplyTo all = send(0, "a", -1);
  test.pass(30s);
  EXPECT_EQ(answer(all).error, std::nullopt);
  EXPECT_THAT(in_sync(), ElementsAre(0));
  EXPECT_EQ(test.cluster.move_leader(test.now, kOrders, 1).error().code, ErrorCode::kState);
  stop(0);
  test.pass(1s);
  EXPECT_EQ(test.leader(kOrders), -1);
  EXPECT_THAT(in_sync(), ElementsAre(0));  // keeps its last member
  reconnect(1);
  EXPECT_EQ(test.leader(kOrders), -1);
  start(0);
  EXPECT_EQ(test.leader(kOrders), 0);
  EXPECT_THAT(test.values(kOrders), ElementsAre("a"));
  EXPECT_THAT(in_sync(), ElementsAre(0, 1));
  EXPECT_THAT(losses.all, IsEmpty());
}

TEST_F(ReplicationTest, AnUncleanElectionLosesWhatWasAcknowledged) {
  create({{"unclean.leader.election.enable", "true"}});
  test.produce(kOrders, {{"k", "a"}});
  cut_off(1);
  cut_off(2);
  const ReplyTo all = send(0, "b", -1);
  test.pass(30s);
  EXPECT_EQ(answer(all).base_offset, 1);
  stop(0);
  test.pass(1s);
  EXPECT_EQ(test.leader(kOrders), 1);
  EXPECT_THAT(in_sync(), ElementsAre(1));
  EXPECT_THAT(losses.all, ElementsAre("unclean election 1-2 hw 2"));
  EXPECT_EQ(test.fetch(kOrders, 2).partitions.at(0).error, ErrorCode::kOffsetOutOfRange);
  // The other way round, what the first leader had comes back.
  EXPECT_EQ(answer(send(1, "c", 1)).base_offset, 1);
  stop(1);
  test.pass(1s);
  EXPECT_EQ(test.leader(kOrders), 2);  // it had as much as node 1 when it was cut off
  stop(2);
  start(0);
  EXPECT_EQ(test.leader(kOrders), 0);
  EXPECT_EQ(losses.restored, 1);
  EXPECT_THAT(test.values(kOrders), ElementsAre("a", "b"));
}

TEST_F(ReplicationTest, TheLastInSyncIsWaitedFor) {
  create();
  for (const NodeId node : {0, 1}) {
    stop(node);
    test.pass(1s);
  }
  EXPECT_THAT(in_sync(), ElementsAre(2));
  EXPECT_EQ(answer(send(2, "a", -1)).base_offset, 0);
  stop(2);
  test.pass(1s);
  start(0);
  EXPECT_EQ(test.leader(kOrders), -1);
  start(2);
  EXPECT_EQ(test.leader(kOrders), 2);
  EXPECT_THAT(in_sync(), ElementsAre(0, 2));
  EXPECT_THAT(test.values(kOrders), ElementsAre("a"));
}

TEST_F(ReplicationTest, ALossOfPowerTakesWhatWasNotFlushed) {
  test.create("alone", 1, {}, 1);
  test.create("careful", 1, {{"flush.messages", "1"}}, 1);
  test.create("quick", 1, {{"flush.ms", "1000"}}, 1);
  for (const char* topic : {"alone", "careful", "quick"}) test.produce({topic, 0}, {{"k", "a"}});
  test.pass(4s);
  for (const char* topic : {"alone", "careful", "quick"}) test.produce({topic, 0}, {{"k", "b"}});
  test.pass(1s);
  for (NodeId node = 0; node < 3; ++node) {
    stop(node, StopMode::kPowerLoss);
    test.pass(10s);
    start(node);
  }
  EXPECT_THAT(test.values({"alone", 0}), ElementsAre("a"));
  EXPECT_THAT(test.values({"careful", 0}), ElementsAre("a", "b"));
  EXPECT_THAT(test.values({"quick", 0}), ElementsAre("a", "b"));
  EXPECT_THAT(losses.all, ElementsAre("power was lost before they were on disk 1-2 hw 2"));
  EXPECT_EQ(look().placement({"alone", 0})->epoch, 2);
}

TEST_F(ReplicationTest, OthersInSyncKeepWhatOneNodeHadNotFlushed) {
  create();
  test.produce(kOrders, {{"k", "a"}});
  stop(0, StopMode::kPowerLoss);
  start(0);  // before anybody missed it: its new incarnation is not in sync
  EXPECT_EQ(test.leader(kOrders), 1);
  EXPECT_THAT(losses.truncations, ElementsAre("0: 0-1"));
  EXPECT_THAT(losses.all, IsEmpty());
  EXPECT_THAT(ends(), ElementsAre(1, 1, 1));
  EXPECT_THAT(in_sync(), ElementsAre(0, 1, 2));
}

TEST_F(ReplicationTest, WhoComesBackFromALossOfPowerIsNotInSync) {
  create();
  test.produce(kOrders, {{"k", "a"}});
  stop(0, StopMode::kPowerLoss);
  stop(1, StopMode::kPowerLoss);
  stop(2);  // it has it all on its disk
  start(0);
  EXPECT_EQ(test.leader(kOrders), -1);
  start(1);
  EXPECT_EQ(test.leader(kOrders), -1);
  EXPECT_THAT(in_sync(), ElementsAre(2));
  start(2);
  EXPECT_EQ(test.leader(kOrders), 2);
  EXPECT_THAT(losses.all, IsEmpty());
  EXPECT_THAT(ends(), ElementsAre(1, 1, 1));
}

TEST_F(ReplicationTest, WhatAllHadNotFlushedIsLostOnce) {
  create();
  test.produce(kOrders, {{"k", "a"}});
  for (NodeId node = 0; node < 3; ++node) stop(node, StopMode::kPowerLoss);
  for (NodeId node = 0; node < 3; ++node) start(node);
  EXPECT_THAT(losses.all, ElementsAre("power was lost before they were on disk 0-1 hw 1"));
  EXPECT_THAT(ends(), ElementsAre(0, 0, 0));
  EXPECT_THAT(in_sync(), ElementsAre(0, 1, 2));
}

TEST_F(ReplicationTest, ProducersAreRememberedByTheLogThatLeads) {
  create();
  EXPECT_EQ(answer(send(0, "a", -1, 5s, 0)).base_offset, 0);
  stop(0);
  test.pass(1s);
  EXPECT_EQ(answer(send(1, "a", -1, 5s, 0)).base_offset, 0);  // a retry, known to the new leader
  cut_off(2);
  EXPECT_EQ(answer(send(1, "b", 1, 5s, 1)).base_offset, 1);
  stop(1);
  test.pass(1s);
  EXPECT_EQ(test.leader(kOrders), 2);
  EXPECT_THAT(losses.all, ElementsAre("never replicated 1-2 hw 1"));
  EXPECT_EQ(answer(send(2, "c", 1, 5s, 2)).error, ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(answer(send(2, "b", 1, 5s, 1)).base_offset, 1);  // no duplicate here
  EXPECT_THAT(test.values(kOrders), ElementsAre("a", "b"));
}

TEST_F(ReplicationTest, WithoutAControllerNobodyLeavesAndNobodyComes) {
  create();
  ASSERT_TRUE(test.cluster.move_controller(test.now, -1));
  cut_off(1);
  const ReplyTo all = send(0, "a", -1, 120s);
  test.pass(60s);
  EXPECT_THAT(in_sync(), ElementsAre(0, 1, 2));
  EXPECT_FALSE(test.is_answered(all));
  stop(0);
  test.pass(2s);
  start(0);  // nobody knows of its new life
  EXPECT_EQ(answer(send(0, "b", 1)).error, ErrorCode::kNotLeaderOrFollower);
  ASSERT_TRUE(test.cluster.move_controller(test.now, 2));
  EXPECT_EQ(test.leader(kOrders), 1);  // in sync, though it lags: what it lacks nobody was promised
  EXPECT_THAT(losses.all, ElementsAre("never replicated 0-1 hw 0"));
}

TEST_F(ReplicationTest, EpochsTellWhereLogsPart) {
  create();
  test.produce(kOrders, {{"k", "a"}, {"k", "b"}});
  ASSERT_TRUE(test.cluster.move_leader(test.now, kOrders, 1));
  ASSERT_TRUE(test.cluster.move_leader(test.now, kOrders, 2));  // epoch 1 wrote nothing
  test.produce(kOrders, {{"k", "c"}});
  const auto ask = [&](NodeId node, std::int32_t epoch, std::int32_t current) {
    OffsetsForLeaderEpochRequest request;
    request.partitions.push_back(
        {.partition = kOrders, .current_leader_epoch = current, .leader_epoch = epoch});
    return test.ask<OffsetsForLeaderEpochResponse>(node, request).partitions.at(0);
  };
  EXPECT_EQ(ask(2, 0, 2).end_offset, 2);
  EXPECT_EQ(ask(2, 1, 2).leader_epoch, 0);
  EXPECT_EQ(ask(2, 1, 2).end_offset, 2);
  EXPECT_EQ(ask(2, 2, -1).end_offset, 3);
  EXPECT_EQ(ask(2, 3, -1).end_offset, -1);
  EXPECT_EQ(ask(2, 0, 1).error, ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(ask(2, 0, 3).error, ErrorCode::kUnknownLeaderEpoch);
  EXPECT_EQ(ask(0, 0, -1).error, ErrorCode::kNotLeaderOrFollower);
  ListOffsetsRequest list;
  list.partitions.push_back({.partition = kOrders, .current_leader_epoch = 1});
  EXPECT_EQ(test.ask<ListOffsetsResponse>(2, list).partitions.at(0).error,
            ErrorCode::kFencedLeaderEpoch);
}

TEST_F(ReplicationTest, MorePartitionsAreSpreadAsTheFirst) {
  create();
  EXPECT_EQ(test.cluster.create_partitions(test.now, "orders", 1).error().code,
            ErrorCode::kInvalidPartitions);
  EXPECT_EQ(test.cluster.create_partitions(test.now, "nothing", 2).error().code,
            ErrorCode::kUnknownTopicOrPartition);
  const CreatePartitionsRequest request{{{.name = "orders", .count = 3}}};
  EXPECT_EQ(test.ask<TopicsResponse>(1, request).topics.at(0).error, ErrorCode::kNotController);
  EXPECT_EQ(test.ask<TopicsResponse>(0, request).topics.at(0).error, std::nullopt);
  EXPECT_EQ(look().partition_count("orders"), 3);
  EXPECT_EQ(test.leader({"orders", 1}), 1);
  EXPECT_EQ(test.produce({"orders", 2}, {{"k", "v"}}).base_offset, 0);
}

class DelayedReplicationTest : public ReplicationTest {
 protected:
  DelayedReplicationTest() : ReplicationTest({.nodes = 3, .replication_delay = 10ms}) {}
};

TEST_F(DelayedReplicationTest, TheHighWatermarkFollowsTheSlowestInSync) {
  create();
  ASSERT_TRUE(test.cluster.set_replication_delay(test.now, 2, 30ms));
  const ReplyTo all = send(0, "a", -1);
  EXPECT_EQ(answer(send(0, "b", 1)).base_offset, 1);
  test.pass(10ms);
  EXPECT_THAT(ends(), ElementsAre(2, 2, 0));
  EXPECT_FALSE(test.is_answered(all));
  test.pass(20ms);
  EXPECT_EQ(answer(all).base_offset, 0);
  EXPECT_EQ(high_watermark(), 2);
  EXPECT_EQ(look().replicas(kOrders)[1].high_watermark, 0);  // its next answer tells
  test.pass(10ms);
  EXPECT_EQ(look().replicas(kOrders)[1].high_watermark, 2);
  test.pass(30s);  // nobody has lagged
  EXPECT_THAT(in_sync(), ElementsAre(0, 1, 2));
  EXPECT_EQ(test.cluster.next_deadline(), kNever);
}

TEST_F(DelayedReplicationTest, ANewLeaderDoesNotKnowTheEndAtOnce) {
  create();
  const ReplyTo all = send(0, "a", -1);
  test.pass(10ms);
  EXPECT_EQ(answer(all).error, std::nullopt);
  ASSERT_TRUE(test.cluster.move_leader(test.now, kOrders, 1));
  ListOffsetsRequest list;
  list.partitions.push_back({.partition = kOrders});
  EXPECT_EQ(test.ask<ListOffsetsResponse>(1, list).partitions.at(0).error,
            ErrorCode::kLeaderNotAvailable);
  test.pass(10ms);
  EXPECT_EQ(test.ask<ListOffsetsResponse>(1, list).partitions.at(0).offset, 1);
  EXPECT_THAT(losses.all, IsEmpty());
}

}  // namespace
}  // namespace rookery::mock
