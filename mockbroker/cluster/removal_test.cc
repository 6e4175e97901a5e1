// removal_test.cc
//
// What leaves a log, and what the cluster tells of it: DeleteRecords, losses and truncations.
#include "mockbroker/cluster/test_cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const TopicPartition kOrders{"orders", 0};

struct Told final : Observer {
  void log_start_moved(const LogStartEvent& event) override {
    starts.push_back(std::string(name(event.reason)) + " " + std::to_string(event.old_start) + "-" +
                     std::to_string(event.new_start));
  }
  void lost(const LossEvent& event) override {
    losses.push_back(std::string(name(event.reason)) + " " + std::to_string(event.from) + "-" +
                     std::to_string(event.end) + " hw " + std::to_string(event.high_watermark) +
                     " epoch " + std::to_string(event.leader_epoch));
  }
  void truncated(const TruncationEvent& event) override {
    truncations.push_back(std::to_string(event.replica) + ": " + std::to_string(event.from) + "-" +
                          std::to_string(event.end) + ", " + name(event.reason));
  }
  std::vector<std::string> starts;
  std::vector<std::string> losses;
  std::vector<std::string> truncations;
};

class RemovalTest : public testing::Test {
 protected:
  // Each value is a block of its own.
  void produce(const std::vector<const char*>& values, std::int16_t acks = -1) {
    for (const char* value : values) {
      ASSERT_EQ(test.produce(kOrders, {{"k", value}}, acks).error, std::nullopt);
    }
  }
  void create(std::map<std::string, std::string> config = {}) {
    test.create("orders", 1, std::move(config));
    ASSERT_EQ(test.leader(kOrders), 0);
    test.cluster.add_observer(&told);
  }
  void cut_off(NodeId node) {
    ASSERT_TRUE(test.cluster.set_replication_delay(test.now, node, Duration::max()));
  }
  void reconnect(NodeId node) {
    ASSERT_TRUE(test.cluster.set_replication_delay(test.now, node, Duration::zero()));
  }
  std::vector<Offset> starts() const {
    std::vector<Offset> all;
    for (const auto& replica : test.cluster.inspect().replicas(kOrders)) {
      all.push_back(replica.log_start);
    }
    return all;
  }
  MaybeError fetch_error(Offset offset) {
    const auto answer = test.fetch(kOrders, offset);
    return answer.partitions.empty() ? std::nullopt : answer.partitions[0].error;
  }

  TestCluster test{{.nodes = 3}};
  Told told;
};

TEST_F(RemovalTest, DeletesRecordsOnAllReplicas) {
  create();
  produce({"a", "b", "c"});
  ASSERT_TRUE(test.cluster.delete_records(test.now, kOrders, 2));
  EXPECT_THAT(test.values(kOrders), ElementsAre("c"));
  EXPECT_THAT(starts(), ElementsAre(2, 2, 2));
  EXPECT_EQ(fetch_error(1), ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(fetch_error(2), std::nullopt);
  ListOffsetsRequest earliest;
  earliest.partitions.push_back({.partition = kOrders, .timestamp_ms = -2});
  EXPECT_EQ(test.ask<ListOffsetsResponse>(0, earliest).partitions.at(0).offset, 2);
  EXPECT_THAT(told.starts, ElementsAre("DeleteRecords 0-2"));
  EXPECT_EQ(test.produce(kOrders, {{"k", "d"}}).log_start_offset, 2);
  // Downwards, or to where it is, nothing moves.
  ASSERT_TRUE(test.cluster.delete_records(test.now, kOrders, 1));
  ASSERT_TRUE(test.cluster.delete_records(test.now, kOrders, 2));
  EXPECT_EQ(told.starts.size(), 1U);
}

TEST_F(RemovalTest, DeletesNoMoreThanConsumersMayRead) {
  create();
  produce({"a"});
  cut_off(1);
  produce({"b"}, 1);
  ASSERT_TRUE(test.cluster.delete_records(test.now, kOrders, 9));
  EXPECT_THAT(starts(), ElementsAre(1, 1, 1));
  EXPECT_THAT(told.starts, ElementsAre("DeleteRecords 0-1"));
  reconnect(1);
  EXPECT_THAT(test.values(kOrders), ElementsAre("b"));
  const Status unknown = test.cluster.delete_records(test.now, {"orders", 1}, 1);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kUnknownTopicOrPartition);
}

// A block is cut at no place but its ends: what lies before the start is not readable all the same.
TEST_F(RemovalTest, DeletesPartOfABlock) {
  create();
  test.produce(kOrders, {{"k", "a"}, {"k", "b"}, {"k", "c"}});
  ASSERT_TRUE(test.cluster.delete_records(test.now, kOrders, 2));
  EXPECT_THAT(test.values(kOrders), ElementsAre("c"));
  EXPECT_EQ(fetch_error(1), ErrorCode::kOffsetOutOfRange);
}

TEST_F(RemovalTest, AFollowerThatWasAwayLearnsTheStart) {
  create();
  produce({"a", "b"});
  cut_off(2);
  test.pass(30s);
  produce({"c"}, 1);
  test.pass(30s);
  produce({"d"});
  ASSERT_TRUE(test.cluster.delete_records(test.now, kOrders, 3));
  EXPECT_THAT(starts(), ElementsAre(3, 3, 0));
  reconnect(2);
  EXPECT_THAT(starts(), ElementsAre(3, 3, 3));
  EXPECT_EQ(test.cluster.inspect().records_of(kOrders, 2),
            test.cluster.inspect().records_of(kOrders, 0));
}

TEST_F(RemovalTest, TellsWhatANewLeaderNeverHad) {
  create();
  produce({"a"});
  cut_off(1);
  cut_off(2);
  produce({"b", "c"}, 1);
  ASSERT_TRUE(test.cluster.stop_node(test.now, 0, StopMode::kCrash));
  test.pass(1s);
  EXPECT_THAT(told.losses, ElementsAre("never replicated 1-3 hw 1 epoch 1"));
  EXPECT_THAT(told.truncations, IsEmpty());  // its node is away with them
  reconnect(1);
  reconnect(2);
  ASSERT_TRUE(test.cluster.start_node(test.now, 0));
  EXPECT_THAT(told.truncations, ElementsAre("0: 1-3, its leader does not have it"));
  EXPECT_EQ(told.losses.size(), 1U);
}

TEST_F(RemovalTest, TellsWhatAnUncleanElectionCosts) {
  create({{"unclean.leader.election.enable", "true"}});
  produce({"a"});
  cut_off(1);
  cut_off(2);
  produce({"b"}, 1);
  test.pass(30s);  // 0 is alone in sync
  produce({"c"});
  ASSERT_TRUE(test.cluster.stop_node(test.now, 0, StopMode::kCrash));
  test.pass(1s);
  EXPECT_THAT(told.losses, ElementsAre("unclean election 1-3 hw 3 epoch 1"));
}

// KIP-106: what was not allowed when the last leader went may be allowed later.
TEST_F(RemovalTest, AnUncleanElectionIsHeldWhenItIsAllowed) {
  create();
  produce({"a"});
  cut_off(1);
  cut_off(2);
  produce({"b"}, 1);
  test.pass(30s);  // 0 is alone in sync
  ASSERT_TRUE(test.cluster.stop_node(test.now, 0, StopMode::kCrash));
  test.pass(1s);
  ASSERT_EQ(test.leader(kOrders), -1);
  const auto allow = [&](const std::string& value) {
    const ConfigResource orders{ConfigResourceKind::kTopic, "orders"};
    const NodeId controller = test.cluster.inspect().controller();
    return test
        .ask<AlterConfigsResponse>(
            controller,
            IncrementalAlterConfigsRequest{{{orders, {{"unclean.leader.election.enable", value}}}}})
        .resources.front()
        .error;
  };
  EXPECT_EQ(allow("false"), std::nullopt);
  EXPECT_EQ(test.leader(kOrders), -1);
  EXPECT_EQ(allow("true"), std::nullopt);
  EXPECT_EQ(test.leader(kOrders), 1);
  EXPECT_THAT(told.losses, ElementsAre("unclean election 1-2 hw 2 epoch 2"));
}

TEST_F(RemovalTest, AnUncleanElectionIsOrderedOnlyWhereNobodyLeads) {
  create();
  const auto elect = [this] { return test.cluster.elect_unclean(test.now, kOrders); };
  produce({"a"});
  cut_off(1);
  cut_off(2);
  produce({"b"}, 1);
  test.pass(30s);  // 0 is alone in sync
  EXPECT_THAT(elect().error().message, testing::HasSubstr("is led by node 0"));
  ASSERT_TRUE(test.cluster.stop_node(test.now, 0, StopMode::kCrash));
  test.pass(1s);
  // The topic does not allow it: nobody is elected unless somebody orders it.
  EXPECT_EQ(test.leader(kOrders), -1);
  EXPECT_THAT(told.losses, IsEmpty());
  ASSERT_TRUE(test.cluster.move_controller(test.now, -1));
  EXPECT_THAT(elect().error().message, testing::HasSubstr("no controller"));
  test.cluster.end_controller_absence(test.now);
  ASSERT_TRUE(elect());
  EXPECT_EQ(test.leader(kOrders), 1);
  EXPECT_THAT(test.cluster.inspect().in_sync(kOrders), ElementsAre(1));
  EXPECT_THAT(told.losses, testing::SizeIs(1));
  EXPECT_FALSE(test.cluster.elect_unclean(test.now, {"unknown", 0}));
}

TEST_F(RemovalTest, TellsWhatWasNotOnDisk) {
  create();
  produce({"a"});
  test.pass(5s);
  produce({"b", "c"});
  // A follower that loses its power loses nothing that others do not have.
  ASSERT_TRUE(test.cluster.stop_node(test.now, 2, StopMode::kPowerLoss));
  test.pass(1s);
  ASSERT_TRUE(test.cluster.start_node(test.now, 2));
  EXPECT_THAT(told.truncations, ElementsAre("2: 1-3, its node lost power"));
  EXPECT_THAT(told.losses, IsEmpty());
  EXPECT_EQ(test.cluster.inspect().records_of(kOrders, 2).size(), 3U);
  told.truncations.clear();
  for (const NodeId node : {0, 1, 2}) {
    ASSERT_TRUE(test.cluster.stop_node(test.now, node, StopMode::kPowerLoss));
  }
  for (const NodeId node : {0, 1, 2}) ASSERT_TRUE(test.cluster.start_node(test.now, node));
  ASSERT_EQ(told.losses.size(), 1U);
  EXPECT_THAT(told.losses[0], testing::StartsWith("power was lost before they were on disk 1-3"));
  EXPECT_THAT(told.truncations,
              ElementsAre("0: 1-3, its node lost power", "1: 1-3, its node lost power",
                          "2: 1-3, its node lost power"));
  EXPECT_THAT(test.values(kOrders), ElementsAre("a"));
}

// DeleteRecords took a part of a block, and a loss of power the rest of it: the block is lost as a
// whole, nobody is told that a retry of it is there already, and it is written anew.
TEST_F(RemovalTest, ABlockThatIsCutAndLostIsWrittenAgain) {
  test.create("orders", 1, {}, /*replicas=*/1);
  ASSERT_EQ(test.leader(kOrders), 0);
  test.cluster.add_observer(&told);
  const ProduceRequest::Partition block{.partition = kOrders,
                                        .block = TestCluster::block({{"k", "a"}, {"k", "b"}}),
                                        .producer_id = 7,
                                        .producer_epoch = 0,
                                        .base_sequence = 0};
  ASSERT_EQ(test.produce(block).base_offset, 0);
  ASSERT_TRUE(test.cluster.delete_records(test.now, kOrders, 1));
  ASSERT_TRUE(test.cluster.stop_node(test.now, 0, StopMode::kPowerLoss));
  ASSERT_TRUE(test.cluster.start_node(test.now, 0));
  test.pass(1s);
  ASSERT_EQ(test.leader(kOrders), 0);
  ASSERT_EQ(told.losses.size(), 1U);
  EXPECT_THAT(told.losses[0], testing::StartsWith("power was lost before they were on disk 0-2"));
  const auto again = test.produce(block);
  EXPECT_EQ(again.error, std::nullopt);
  EXPECT_EQ(again.base_offset, 1);
  EXPECT_THAT(test.values(kOrders), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace rookery::mock
