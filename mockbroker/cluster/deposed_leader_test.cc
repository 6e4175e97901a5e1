// deposed_leader_test.cc
//
// A leader that is cut off from the controller and its followers: what it still takes and answers
// while another leads, and what becomes of it when it learns better.
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
  void appended(const AppendEvent& event) override { note("+", event); }
  void appended_apart(const AppendEvent& event) override { note("apart ", event); }
  void lost(const LossEvent& event) override {
    all.push_back("lost " + std::to_string(event.from) + "-" + std::to_string(event.end));
  }
  void truncated(const TruncationEvent& event) override {
    all.push_back("cut " + std::to_string(event.from) + "-" + std::to_string(event.end) + " of " +
                  std::to_string(event.replica));
  }
  void note(const std::string& what, const AppendEvent& event) {
    all.push_back(what + std::to_string(event.base_offset) + " epoch " +
                  std::to_string(event.leader_epoch) + " at " + std::to_string(event.leader));
  }
  std::vector<std::string> all;
};

// Node 0 leads orders-0 and is cut off with "a" in its log; nodes 1 and 2 follow.
class DeposedLeaderTest : public testing::Test {
 protected:
  void begin(std::map<std::string, std::string> config = {}) {
    test.create("orders", 1, std::move(config));
    ASSERT_EQ(test.leader(kOrders), 0);
    ASSERT_EQ(test.produce(kOrders, {{"k", "a"}}).error, std::nullopt);
    test.cluster.add_observer(&told);
  }
  void cut_off(NodeId node) { ASSERT_TRUE(test.cluster.cut_off_node(test.now, node)); }
  void reconnect(NodeId node) { ASSERT_TRUE(test.cluster.reconnect_node(test.now, node)); }
  // And others lead.
  void depose(NodeId node) {
    cut_off(node);
    test.pass(1s);
    ASSERT_NE(test.leader(kOrders), node);
  }

  // Node 0 is the only replica in sync, with "b" in its log.
  void leave_alone_in_sync() {
    for (const NodeId node : {1, 2}) {
      ASSERT_TRUE(test.cluster.set_replication_delay(test.now, node, Duration::max()));
    }
    const ReplyTo alone = send(0, "b", -1);
    test.pass(30s);
    ASSERT_EQ(answer(alone).base_offset, 1);
    ASSERT_THAT(look().in_sync(kOrders), ElementsAre(0));
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
  ReplyTo send_fetch(NodeId node, Offset offset, std::int32_t epoch = -1,
                     Milliseconds max_wait = Milliseconds(0)) {
    FetchRequest request{.max_wait = max_wait};
    request.partitions.push_back(
        {.partition = kOrders, .fetch_offset = offset, .current_leader_epoch = epoch});
    return test.send(node, std::move(request));
  }
  FetchResponse::Partition fetch(NodeId node, Offset offset, std::int32_t epoch = -1) {
    const auto response = test.reply<FetchResponse>(send_fetch(node, offset, epoch));
    return response.partitions.empty() ? FetchResponse::Partition{} : response.partitions[0];
  }
  ListOffsetsResponse::Partition latest(NodeId node, std::int32_t epoch = -1) {
    ListOffsetsRequest request;
    request.partitions.push_back({.partition = kOrders, .current_leader_epoch = epoch});
    return test.ask<ListOffsetsResponse>(node, std::move(request)).partitions.at(0);
  }
  OffsetsForLeaderEpochResponse::Partition epoch_end(NodeId node, std::int32_t current,
                                                     std::int32_t epoch) {
    OffsetsForLeaderEpochRequest request;
    request.partitions.push_back(
        {.partition = kOrders, .current_leader_epoch = current, .leader_epoch = epoch});
    return test.ask<OffsetsForLeaderEpochResponse>(node, std::move(request)).partitions.at(0);
  }
  std::vector<std::string> values_of(NodeId node) const {
    std::vector<std::string> values;
    for (const StoredRecord& record : look().records_of(kOrders, node)) {
      values.emplace_back(record.value.view());
    }
    return values;
  }
  const Inspection& look() const { return test.cluster.inspect(); }

  TestCluster test{{.nodes = 3}};
  Told told;
};

TEST_F(DeposedLeaderTest, GoesOnUntilItsSilenceIsNoticed) {
  begin();
  cut_off(0);
  EXPECT_EQ(answer(send(0, "b", 1)).base_offset, 1);
  const ReplyTo all = send(0, "c", -1);
  test.pass(999ms);
  EXPECT_EQ(test.leader(kOrders), 0);
  EXPECT_FALSE(test.is_answered(all));
  EXPECT_EQ(look().high_watermark(kOrders), 1);
  reconnect(0);  // nobody has missed it
  EXPECT_EQ(test.leader(kOrders), 0);
  EXPECT_EQ(look().placement(kOrders)->epoch, 0);
  EXPECT_EQ(answer(all).base_offset, 2);
  EXPECT_THAT(test.values(kOrders), ElementsAre("a", "b", "c"));
  EXPECT_EQ(values_of(2), values_of(0));
}

TEST_F(DeposedLeaderTest, TakesWhatNeedsNoFollowerAndLosesIt) {
  begin();
  cut_off(0);
  send(0, "b", 1);
  test.pass(1s);
  ASSERT_EQ(test.leader(kOrders), 1);
  EXPECT_THAT(told.all, ElementsAre("+1 epoch 0 at 0", "lost 1-2"));
  told.all.clear();
  // It does not know.
  const ProduceResponse::Partition one = answer(send(0, "x", 1));
  EXPECT_EQ(one.error, std::nullopt);
  EXPECT_EQ(one.base_offset, 2);
  EXPECT_FALSE(test.is_answered(send(0, "y", 0)));  // acks=0 is not answered, nor is it an error
  EXPECT_EQ(answer(send(1, "c", -1)).base_offset, 1);
  EXPECT_THAT(values_of(0), ElementsAre("a", "b", "x", "y"));
  EXPECT_THAT(test.values(kOrders), ElementsAre("a", "c"));
  reconnect(0);
  EXPECT_THAT(values_of(0), ElementsAre("a", "c"));
  EXPECT_THAT(look().in_sync(kOrders), ElementsAre(0, 1, 2));
  EXPECT_THAT(told.all, ElementsAre("apart 2 epoch 0 at 0", "apart 3 epoch 0 at 0",
                                    "+1 epoch 1 at 1", "cut 1-4 of 0"));
  EXPECT_EQ(answer(send(0, "z", 1)).error, ErrorCode::kNotLeaderOrFollower);
}

TEST_F(DeposedLeaderTest, CannotKeepWhatNeedsAll) {
  begin();
  depose(0);
  const ReplyTo late = send(0, "x", -1, 5s);
  const ReplyTo waits = send(0, "y", -1);
  EXPECT_EQ(answer(send(1, "c", -1)).error,
            std::nullopt);  // another's high watermark is not its own
  test.pass(5s);
  EXPECT_EQ(answer(late).error, ErrorCode::kRequestTimedOut);
  EXPECT_FALSE(test.is_answered(waits));
  reconnect(0);
  EXPECT_EQ(answer(waits).error, ErrorCode::kNotLeaderOrFollower);
  EXPECT_THAT(test.values(kOrders), ElementsAre("a", "c"));
}

// What it believes of the ISR is what it was: min.insync.replicas does not stop it.
TEST_F(DeposedLeaderTest, CountsTheReplicasThatWereInSync) {
  begin({{"min.insync.replicas", "3"}});
  depose(0);
  EXPECT_FALSE(test.is_answered(send(0, "x", -1)));
  EXPECT_EQ(answer(send(1, "c", -1)).error, ErrorCode::kNotEnoughReplicas);
}

TEST_F(DeposedLeaderTest, AnswersFetchesUpToItsOldEnd) {
  begin();
  depose(0);
  send(0, "x", 1);
  send(1, "c", -1);
  const auto first = fetch(0, 0);
  EXPECT_EQ(first.error, std::nullopt);
  EXPECT_EQ(first.high_watermark, 1);
  EXPECT_EQ(first.blocks.size(), 1U);
  EXPECT_THAT(fetch(0, 1).blocks, IsEmpty());
  EXPECT_EQ(latest(0).offset, 1);
  EXPECT_EQ(latest(0).leader_epoch, 0);
  EXPECT_EQ(latest(1).offset, 2);
  // One that waits there hears nothing of the new leader, until the old one does.
  const ReplyTo waits = send_fetch(0, 1, 0, 60s);
  send(1, "d", -1);
  EXPECT_FALSE(test.is_answered(waits));
  reconnect(0);
  EXPECT_EQ(test.reply<FetchResponse>(waits).partitions.at(0).error, ErrorCode::kFencedLeaderEpoch);
}

TEST_F(DeposedLeaderTest, FencesByTheEpochItKnows) {
  begin();
  depose(0);
  // A client that has heard of the new leader finds out that this one has not.
  EXPECT_EQ(fetch(0, 0, 1).error, ErrorCode::kUnknownLeaderEpoch);
  EXPECT_EQ(latest(0, 1).error, ErrorCode::kUnknownLeaderEpoch);
  EXPECT_EQ(epoch_end(0, 1, 0).error, ErrorCode::kUnknownLeaderEpoch);
  EXPECT_EQ(fetch(0, 0, 0).error, std::nullopt);
  EXPECT_EQ(epoch_end(0, 0, 0).end_offset, 1);
  // One that has not is fenced by the new leader.
  EXPECT_EQ(fetch(1, 0, 0).error, ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(epoch_end(1, 0, 0).error, ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(epoch_end(1, 1, 0).end_offset, 1);
  reconnect(0);
  EXPECT_EQ(fetch(0, 0, 0).error, ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(fetch(0, 0, 1).error, ErrorCode::kNotLeaderOrFollower);
}

// A follower that is cut off does not know of new epochs either.
TEST_F(DeposedLeaderTest, HasFollowersThatKnowNoBetter) {
  begin();
  cut_off(2);
  ASSERT_TRUE(test.cluster.move_leader(test.now, kOrders, 1));
  EXPECT_EQ(fetch(2, 0, 1).error, ErrorCode::kUnknownLeaderEpoch);
  EXPECT_EQ(fetch(2, 0, 0).error, ErrorCode::kNotLeaderOrFollower);
  EXPECT_EQ(fetch(2, 0).error, ErrorCode::kNotLeaderOrFollower);
}

TEST_F(DeposedLeaderTest, TellsOldMetadata) {
  begin();
  depose(0);
  test.create("refunds", 1);
  const auto asked = [&](NodeId node) {
    return test.ask<MetadataResponse>(node, MetadataRequest{{{"orders", "refunds", "a/b"}}});
  };
  const MetadataResponse old = asked(0);
  EXPECT_EQ(old.nodes.size(), 3U);
  EXPECT_EQ(old.topics.at(0).partitions.at(0).leader, 0);
  EXPECT_EQ(old.topics.at(0).partitions.at(0).leader_epoch, 0);
  EXPECT_EQ(old.topics.at(1).error, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(old.topics.at(2).error, ErrorCode::kInvalidTopic);
  EXPECT_EQ(test.ask<MetadataResponse>(0, MetadataRequest{}).topics.size(), 1U);
  const MetadataResponse true_one = asked(1);
  EXPECT_EQ(true_one.nodes.size(), 2U);
  EXPECT_EQ(true_one.topics.at(0).partitions.at(0).leader, 1);
  EXPECT_EQ(true_one.topics.at(1).error, std::nullopt);
  reconnect(0);
  EXPECT_EQ(asked(0).topics.at(0).partitions.at(0).leader, 1);
}

// Nobody else had all of it: it is its own only replica in sync, keeps what it takes, and leads on.
TEST_F(DeposedLeaderTest, AloneInSyncItIsNotReplaced) {
  begin();
  ASSERT_NO_FATAL_FAILURE(leave_alone_in_sync());
  cut_off(0);
  test.pass(1s);
  EXPECT_EQ(test.leader(kOrders), -1);
  EXPECT_EQ(answer(send(0, "c", -1)).base_offset, 2);
  EXPECT_EQ(fetch(0, 2).blocks.size(), 1U);
  reconnect(0);
  EXPECT_EQ(test.leader(kOrders), 0);
  EXPECT_THAT(test.values(kOrders), ElementsAre("a", "b", "c"));
  EXPECT_THAT(told.all, ElementsAre("+1 epoch 0 at 0", "+2 epoch 0 at 0"));
}

// The controller has written it off and nobody leads: what it acknowledges then is on it alone, and
// comes back with it.
TEST_F(DeposedLeaderTest, IsFollowedByNobodyWhileNobodyLeads) {
  begin();
  leave_alone_in_sync();
  cut_off(0);
  test.pass(1s);
  ASSERT_EQ(look().placement(kOrders)->leader, -1);
  for (const NodeId node : {1, 2}) {
    ASSERT_TRUE(test.cluster.set_replication_delay(test.now, node, Milliseconds(0)));
  }
  EXPECT_EQ(answer(send(0, "c", -1)).base_offset, 2);
  EXPECT_THAT(look().in_sync(kOrders), ElementsAre(0));
  EXPECT_THAT(values_of(1), ElementsAre("a"));
  reconnect(0);
  EXPECT_EQ(test.leader(kOrders), 0);
  EXPECT_THAT(test.values(kOrders), ElementsAre("a", "b", "c"));
  EXPECT_THAT(look().in_sync(kOrders), ElementsAre(0, 1, 2));
  EXPECT_EQ(values_of(2), values_of(0));
}

// An unclean election beside a leader that is alone in sync: even acks=all loses.
TEST_F(DeposedLeaderTest, AnUncleanElectionBesideItLosesEvenAcksAll) {
  begin({{"unclean.leader.election.enable", "true"}, {"min.insync.replicas", "1"}});
  ASSERT_NO_FATAL_FAILURE(leave_alone_in_sync());
  depose(0);
  EXPECT_EQ(answer(send(0, "x", -1)).base_offset, 2);
  EXPECT_EQ(fetch(0, 2).blocks.size(), 1U);
  reconnect(0);
  EXPECT_THAT(test.values(kOrders), ElementsAre("a"));
}

TEST_F(DeposedLeaderTest, RemembersItsOwnProducers) {
  begin();
  EXPECT_EQ(answer(send(0, "b", -1, 60s, 0)).base_offset, 1);
  depose(0);
  EXPECT_EQ(answer(send(0, "x", 1, 60s, 1)).base_offset, 2);
  EXPECT_EQ(answer(send(0, "x", 1, 60s, 1)).base_offset, 2);   // a retry
  EXPECT_EQ(answer(send(1, "b", -1, 60s, 0)).base_offset, 1);  // known to the new leader, too
  EXPECT_EQ(answer(send(1, "c", -1, 60s, 2)).error, ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(answer(send(1, "c", -1, 60s, 1)).base_offset, 2);
  reconnect(0);
  EXPECT_THAT(test.values(kOrders), ElementsAre("a", "b", "c"));
}

TEST_F(DeposedLeaderTest, ForgetsWhatItBelievedWhenItsProcessEnds) {
  begin();
  depose(0);
  send(0, "x", 1);
  ASSERT_TRUE(test.cluster.stop_node(test.now, 0, StopMode::kCrash));
  EXPECT_FALSE(test.cluster.reconnect_node(test.now, 0));
  test.pass(1s);
  ASSERT_TRUE(test.cluster.start_node(test.now, 0));
  EXPECT_EQ(answer(send(0, "y", 1)).error, ErrorCode::kNotLeaderOrFollower);
  EXPECT_THAT(values_of(0), ElementsAre("a"));
  EXPECT_FALSE(test.cluster.cut_off_node(test.now, 7));
}

TEST_F(DeposedLeaderTest, LearnsNothingWithoutAController) {
  begin();
  depose(0);
  ASSERT_TRUE(test.cluster.move_controller(test.now, -1));
  EXPECT_FALSE(test.cluster.move_controller(test.now, 0));
  reconnect(0);
  EXPECT_EQ(answer(send(0, "x", 1)).error, std::nullopt);
  ASSERT_TRUE(test.cluster.move_controller(test.now, 2));
  EXPECT_EQ(answer(send(0, "y", 1)).error, ErrorCode::kNotLeaderOrFollower);
  EXPECT_EQ(values_of(0), values_of(1));
}

TEST_F(DeposedLeaderTest, AllThatWereCutOffComeBackWithTheFirstController) {
  begin();
  for (const NodeId node : {0, 1, 2}) cut_off(node);
  ASSERT_TRUE(test.cluster.move_controller(test.now, -1));
  test.pass(1s);
  for (const NodeId node : {0, 1, 2}) reconnect(node);
  EXPECT_EQ(answer(send(0, "b", 1)).error, std::nullopt);
  ASSERT_TRUE(test.cluster.move_controller(test.now, 1));
  ASSERT_NE(test.leader(kOrders), -1);
  EXPECT_THAT(look().in_sync(kOrders), ElementsAre(0, 1, 2));
  EXPECT_EQ(values_of(0), values_of(2));
}

TEST_F(DeposedLeaderTest, AControllerThatIsCutOffIsReplaced) {
  begin();
  ASSERT_EQ(look().controller(), 0);
  cut_off(0);
  const auto create = [&](NodeId node, const char* name) {
    CreateTopicsRequest request;
    request.topics.push_back({.name = name});
    return test.ask<TopicsResponse>(node, std::move(request)).topics.at(0).error;
  };
  EXPECT_EQ(create(0, "refunds"), ErrorCode::kNotController);
  test.pass(1s);
  EXPECT_EQ(look().controller(), 1);
  EXPECT_EQ(create(1, "refunds"), std::nullopt);
  EXPECT_EQ(test.ask<MetadataResponse>(0, MetadataRequest{}).controller, 0);
}

TEST_F(DeposedLeaderTest, ADeletedTopicIsGoneForItToo) {  // metadata-at-once
  begin();
  depose(0);
  const ReplyTo waits = send_fetch(0, 1, 0, 60s);
  const ReplyTo all = send(0, "x", -1);
  ASSERT_TRUE(test.cluster.delete_topic(test.now, "orders"));
  EXPECT_EQ(test.reply<FetchResponse>(waits).partitions.at(0).error,
            ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(answer(all).error, ErrorCode::kUnknownTopicOrPartition);
  reconnect(0);
}

}  // namespace
}  // namespace rookery::mock
