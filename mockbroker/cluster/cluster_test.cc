// cluster_test.cc
//
// What surrounds the parts: filters, observers, retention and compaction by time, time that runs
// back.
#include "mockbroker/cluster/test_member.h"
#include "mockbroker/protocol/error_response.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const TopicPartition kOrders{"orders", 0};

TEST(RequestFilter, ObservesAnswersDropsAndHolds) {
  TestCluster test;
  test.create("orders");
  std::vector<std::string> seen;
  FilterDecision decision = PassRequest();
  test.cluster.set_request_filter(
      [&](TimePoint, NodeId node, const RequestHeader& header, const Request& request) {
        seen.push_back(header.client_id + ":" + api_name(request) + "@" + std::to_string(node));
        return decision;
      });
  EXPECT_EQ(test.produce(kOrders, {{"k", "a"}}).error, std::nullopt);
  EXPECT_THAT(seen, ElementsAre("client:Produce@0"));

  decision = DropRequest();
  ProduceRequest produce;
  produce.partitions.push_back({kOrders, TestCluster::block({{"k", "dropped"}})});
  EXPECT_FALSE(test.is_answered(test.send(0, produce)));

  decision = error_response(produce, ErrorCode::kRequestTimedOut);
  EXPECT_EQ(test.ask<ProduceResponse>(0, produce).partitions.at(0).error,
            ErrorCode::kRequestTimedOut);
  produce.acks = 0;
  EXPECT_FALSE(test.is_answered(test.send(0, produce)));
  produce.acks = -1;

  decision = HoldRequest();
  produce.partitions[0].block = TestCluster::block({{"k", "first"}});
  const ReplyTo first = test.send(0, produce);
  const ReplyTo metadata = test.send(0, MetadataRequest{});
  produce.partitions[0].block = TestCluster::block({{"k", "second"}});
  const ReplyTo second = test.send(0, produce);
  test.pass(60s);
  EXPECT_FALSE(test.is_answered(first));
  EXPECT_EQ(test.cluster.release_held(test.now, test.wall(),
                                      [](NodeId, const RequestHeader&, const Request& request) {
                                        return std::holds_alternative<MetadataRequest>(request);
                                      }),
            1U);
  EXPECT_TRUE(test.is_answered(metadata));
  EXPECT_FALSE(test.is_answered(first));
  EXPECT_EQ(test.cluster.release_held(test.now, test.wall()), 2U);
  EXPECT_EQ(test.reply<ProduceResponse>(first).partitions.at(0).base_offset, 1);
  EXPECT_EQ(test.reply<ProduceResponse>(second).partitions.at(0).base_offset, 2);
  EXPECT_THAT(test.values(kOrders), ElementsAre("a", "first", "second"));
  EXPECT_EQ(test.cluster.release_held(test.now, test.wall()), 0U);
}

TEST(RequestFilter, WhatIsHeldDiesWithItsNode) {
  TestCluster test;
  test.create("orders");
  test.cluster.set_request_filter(
      [](TimePoint, NodeId, const RequestHeader&, const Request&) { return HoldRequest(); });
  const ReplyTo held = test.send(0, MetadataRequest{});
  ASSERT_TRUE(test.cluster.stop_node(test.now, 0, StopMode::kCrash));
  ASSERT_TRUE(test.cluster.start_node(test.now, 0));
  EXPECT_EQ(test.cluster.release_held(test.now, test.wall()), 0U);
  EXPECT_FALSE(test.is_answered(held));
}

class Diary : public Observer {
 public:
  std::vector<std::string> lines;

  void appended(const AppendEvent& e) override {
    lines.push_back("append " + e.partition.text() + "@" + std::to_string(e.base_offset) + " x" +
                    std::to_string(e.block->count()) + " by " + std::string(e.client_id));
  }
  void log_start_moved(const LogStartEvent& e) override {
    lines.push_back("start " + e.partition.text() + " " + std::to_string(e.old_start) + ">" +
                    std::to_string(e.new_start) + " " + name(e.reason));
  }
  void compacted(const CompactionEvent& e) override {
    lines.push_back("compact " + e.partition.text() + " below " + std::to_string(e.below) + ": " +
                    std::to_string(e.records_removed));
  }
  void topic_created(const TopicEvent& e) override { lines.push_back("create " + e.topic); }
  void topic_deleted(const TopicEvent& e) override { lines.push_back("delete " + e.topic); }
  void leader_moved(const LeaderEvent& e) override {
    lines.push_back("leader " + e.partition.text() + " " + std::to_string(e.old_leader) + ">" +
                    std::to_string(e.new_leader) + " epoch " + std::to_string(e.leader_epoch));
  }
  void controller_moved(TimePoint, NodeId from, NodeId to) override {
    lines.push_back("controller " + std::to_string(from) + ">" + std::to_string(to));
  }
  void coordinator_moved(const CoordinatorEvent& e) override {
    if (e.slot == Inspection::coordinator_slot(kGroup)) {
      lines.push_back("coordinator " + std::to_string(e.old_node) + ">" +
                      std::to_string(e.new_node));
    }
  }
  void node_up(TimePoint, NodeId node) override { lines.push_back("up " + std::to_string(node)); }
  void node_down(TimePoint, NodeId node) override {
    lines.push_back("down " + std::to_string(node));
  }
  void committed(const CommitEvent& e) override {
    lines.push_back("commit " + e.group + " " + e.member_id + "/" + std::to_string(e.generation) +
                    " " + e.partition.text() + "@" + std::to_string(e.offset) + " " + e.metadata);
  }
  void generation_completed(const GenerationEvent& e) override {
    std::string line = "generation " + e.group + " " + std::to_string(e.generation);
    for (const auto& [member, partitions] : e.assignments)
      line += " " + member + ":" + text(partitions);
    lines.push_back(line);
  }
  void member_joined(const MemberEvent& e) override { lines.push_back("join " + e.member_id); }
  void member_removed(const MemberEvent& e) override {
    lines.push_back("gone " + e.member_id + " " + name(e.why));
  }

  std::vector<std::string> take() { return std::exchange(lines, {}); }
};

TEST(Observer, IsToldInOrder) {
  TestCluster test({.nodes = 2});
  Diary diary;
  test.cluster.add_observer(&diary);
  test.create("orders");
  EXPECT_THAT(diary.take(), ElementsAre("create orders", "leader orders-0 -1>0 epoch 0"));
  test.produce(kOrders, {{"k", "v"}, {"k", "w"}});
  ASSERT_TRUE(test.cluster.append_marker(test.now, test.wall(), kOrders));
  EXPECT_THAT(diary.take(),
              ElementsAre("append orders-0@0 x2 by client", "append orders-0@2 x0 by "));
  TestMember a{test, "a"};
  settle({&a});
  a.commit(1, "m");
  EXPECT_THAT(diary.take(), ElementsAre("join a-1", "generation billing 1 a-1:orders-[0]",
                                        "commit billing a-1/1 orders-0@1 m"));
  test.pass(10s);
  EXPECT_THAT(diary.take(), ElementsAre("gone a-1 session expired"));
  ASSERT_TRUE(test.cluster.stop_node(test.now, 0, StopMode::kCrash));
  test.pass(1s);
  const std::string was = std::to_string(Inspection::coordinator_slot(kGroup) % 2);
  ASSERT_EQ(was, "1");
  EXPECT_THAT(diary.take(), ElementsAre("down 0", "controller 0>1", "leader orders-0 0>1 epoch 1"));
  ASSERT_TRUE(test.cluster.start_node(test.now, 0));
  ASSERT_TRUE(test.cluster.move_coordinator(test.now, kGroup, 0));
  ASSERT_TRUE(test.cluster.delete_topic(test.now, "orders"));
  EXPECT_THAT(diary.take(), ElementsAre("up 0", "coordinator 1>0", "delete orders"));
}

TEST(Observer, LearnsWhomAMoveForgets) {
  TestCluster test({.nodes = 2});
  test.create("orders", 2);
  TestMember a{test, "a"};
  TestMember b{test, "b"};
  settle({&a});
  Diary diary;
  test.cluster.add_observer(&diary);
  b.join();
  ASSERT_TRUE(test.cluster.move_coordinator(test.now, kGroup, 1 - a.coordinator()));
  EXPECT_THAT(diary.take(), ElementsAre("join b-2", "gone b-2 forgotten by a coordinator move",
                                        testing::StartsWith("coordinator")));
}

TEST(Housekeeping, KeepsWhatIsStated) {
  TestCluster test;
  Diary diary;
  test.cluster.add_observer(&diary);
  test.create("aged", 1, {{"retention.ms", "600000"}});
  test.create("sized", 1, {{"retention.bytes", "2000"}});
  test.create("kept");
  for (int i = 0; i < 4; ++i) {
    for (const char* topic : {"aged", "sized", "kept"}) {
      test.produce({topic, 0}, {{"k", std::string(1000, 'v'), test.wall_ms()}});
    }
    test.pass(4min);
  }
  test.pass(4min);
  std::vector<std::string> lines = diary.take();
  std::erase_if(lines, [](const std::string& line) { return !line.starts_with("start"); });
  // Checked every five minutes; the records are of the minutes 0, 4, 8 and 12.
  EXPECT_THAT(lines,
              ElementsAre("start sized-0 0>1 retention.bytes", "start aged-0 0>2 retention.ms",
                          "start sized-0 1>2 retention.bytes", "start aged-0 2>3 retention.ms"));
  EXPECT_EQ(test.cluster.inspect().log_start({"sized", 0}), 2);
  EXPECT_EQ(test.cluster.inspect().log_start({"kept", 0}), 0);
  EXPECT_EQ(test.fetch({"aged", 0}, 0).partitions.at(0).error, ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(test.fetch({"aged", 0}, 3).partitions.at(0).blocks.size(), 1U);
  test.pass(24h * 365);
  EXPECT_EQ(test.cluster.inspect().log_start({"aged", 0}), 4);
  EXPECT_EQ(test.cluster.inspect().high_watermark({"aged", 0}), 4);
  EXPECT_EQ(test.values({"kept", 0}).size(), 4U);
  EXPECT_EQ(test.produce({"aged", 0}, {{"k", "v", test.wall_ms()}}).base_offset, 4);
}

TEST(Housekeeping, CompactsWhenTold) {
  TestCluster test;
  Diary diary;
  test.create("index", 1, {{"cleanup.policy", "compact"}, {"delete.retention.ms", "1000"}});
  test.create("orders");
  test.cluster.add_observer(&diary);
  const TopicPartition index{"index", 0};
  test.produce(index, {{"a", "1"}, {"b", "1"}, {"a", "2"}});
  test.produce(index, {{"b", nullptr}, {"c", "1"}});
  test.pass(24h);
  EXPECT_EQ(test.values(index).size(), 5U);  // not by itself
  diary.take();
  EXPECT_EQ(test.cluster.compact(test.now, test.wall(), index).value(), 2U);
  EXPECT_THAT(diary.take(), ElementsAre("compact index-0 below 5: 2"));
  EXPECT_THAT(test.values(index), ElementsAre("2", "null", "1"));
  EXPECT_EQ(test.cluster.inspect().records(index)[0].offset, 2);
  test.pass(1s);
  EXPECT_EQ(test.cluster.compact(test.now, test.wall(), index).value(), 1U);
  EXPECT_THAT(test.values(index), ElementsAre("2", "1"));
  EXPECT_EQ(test.cluster.compact(test.now, test.wall(), kOrders).error().code, ErrorCode::kState);
  EXPECT_EQ(test.cluster.compact(test.now, test.wall(), {"nothing", 0}).error().code,
            ErrorCode::kUnknownTopicOrPartition);
}

TEST(Housekeeping, CompactsByItselfWhenAsked) {
  TestCluster test({.compaction_interval = 15s});
  test.create("index", 1, {{"cleanup.policy", "compact"}});
  test.produce({"index", 0}, {{"a", "1"}, {"a", "2"}});
  test.pass(14'999ms);
  EXPECT_EQ(test.values({"index", 0}).size(), 2U);
  test.pass(1ms);
  EXPECT_THAT(test.values({"index", 0}), ElementsAre("2"));
}

TEST(Cluster, TimeNeverRunsBack) {
  TestCluster test;
  test.create("orders");
  test.pass(10s);
  test.now = TimePoint(5s);
  FetchRequest fetch{.max_wait = 1s};
  fetch.partitions.push_back({.partition = kOrders});
  const ReplyTo name = test.send(0, fetch);
  EXPECT_EQ(test.cluster.next_deadline(), TimePoint(11s));
  test.pass(5s);
  EXPECT_FALSE(test.is_answered(name));
  test.pass(1s);
  EXPECT_TRUE(test.is_answered(name));
}

TEST(Cluster, WhatIsDueHappensBeforeWhatComesLater) {
  TestCluster test;
  test.create("orders");
  TestMember a{test, "a"};
  settle({&a});
  test.now += 10s;  // nobody ticked
  EXPECT_EQ(a.heartbeat(), ErrorCode::kUnknownMemberId);
}

TEST(Cluster, AnIdleClusterHasNothingToDo) {
  TestCluster test({.nodes = 3});
  test.create("orders", 10);
  test.produce(kOrders, {{"k", "v"}});
  EXPECT_EQ(test.cluster.next_deadline(), kNever);
  EXPECT_THAT(test.cluster.take_replies(), IsEmpty());
}

}  // namespace
}  // namespace rookery::mock
