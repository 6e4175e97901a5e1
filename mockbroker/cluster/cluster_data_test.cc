// cluster_data_test.cc
//
// Producing, fetching and looking up offsets, through requests.
#include "mockbroker/cluster/test_cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const TopicPartition kOrders{"orders", 0};

FetchRequest long_poll(Offset offset, std::size_t min_bytes = 1) {
  FetchRequest request{.max_wait = 500ms, .min_bytes = min_bytes};
  request.partitions.push_back({.partition = kOrders, .fetch_offset = offset});
  return request;
}

TEST(Produce, AssignsOffsetsAndKeepsWhatWasSent) {
  TestCluster test;
  test.create("orders");
  EXPECT_EQ(test.produce(kOrders, {{"k", "a"}, {nullptr, ""}}).base_offset, 0);
  EXPECT_EQ(test.produce(kOrders, {{"", nullptr, kStartMs + 5}}).base_offset, 2);
  EXPECT_THAT(test.cluster.inspect().records(kOrders),
              ElementsAre(StoredRecord{0, 0, kStartMs, "k", "a", {}},
                          StoredRecord{1, 0, kStartMs, nullptr, "", {}},
                          StoredRecord{2, 0, kStartMs + 5, "", nullptr, {}}));
}

TEST(Produce, SharesTheBlockWithItsReaders) {
  TestCluster test;
  test.create("orders");
  const auto block = TestCluster::block({{"k", "v"}});
  test.produce(ProduceRequest::Partition{kOrders, block});
  const auto response = test.fetch(kOrders, 0);
  ASSERT_EQ(response.partitions.size(), 1U);
  ASSERT_EQ(response.partitions[0].blocks.size(), 1U);
  EXPECT_EQ(response.partitions[0].blocks[0].block, block);
}

TEST(Produce, RefusesWhatKafkaRefuses) {
  TestCluster test({.nodes = 2});
  test.create("orders");
  test.create("small", 1, {{"max.message.bytes", "200"}});
  test.create("compacted", 1, {{"cleanup.policy", "compact"}});
  test.create("careful", 1, {{"min.insync.replicas", "2"}}, 1);
  test.create("recent", 1, {{"message.timestamp.before.max.ms", "1000"}});
  struct Case {
    const char* what;
    TopicPartition partition;
    std::shared_ptr<const RecordBlock> block;
    std::int16_t acks;
    ErrorCode error;
  };
  const auto plain = TestCluster::block({{"k", "v"}});
  BlockBuilder gap;
  BlockRecord late;
  late.offset_delta = 3;
  gap.append_encoded(late);
  const std::vector<Case> cases = {
      {"unknown topic", {"nothing", 0}, plain, -1, ErrorCode::kUnknownTopicOrPartition},
      {"unknown partition", {"orders", 1}, plain, -1, ErrorCode::kUnknownTopicOrPartition},
      {"negative partition", {"orders", -1}, plain, -1, ErrorCode::kUnknownTopicOrPartition},
      {"acks", kOrders, plain, 2, ErrorCode::kInvalidRequiredAcks},
      {"no block", kOrders, nullptr, -1, ErrorCode::kInvalidRecord},
      {"empty block", kOrders, BlockBuilder().finish(), -1, ErrorCode::kInvalidRecord},
      {"a marker", kOrders, BlockBuilder::control_marker(kStartMs), -1, ErrorCode::kInvalidRecord},
      {"a gap", kOrders, gap.finish(), -1, ErrorCode::kInvalidRecord},
      {"too large",
       {"small", 0},
       TestCluster::block({{"k", std::string(200, 'v')}}),
       -1,
       ErrorCode::kMessageTooLarge},
      {"no key",
       {"compacted", 0},
       TestCluster::block({{"k", "v"}, {nullptr, "v"}}),
       -1,
       ErrorCode::kInvalidRecord},
      {"too few replicas", {"careful", 0}, plain, -1, ErrorCode::kNotEnoughReplicas},
      {"the far future", kOrders, TestCluster::block({{"k", "v", kStartMs + 3'600'001}}), -1,
       ErrorCode::kInvalidTimestamp},
      {"the far past",
       {"recent", 0},
       TestCluster::block({{"k", "v", kStartMs - 1'001}}),
       -1,
       ErrorCode::kInvalidTimestamp},
  };
  for (const Case& c : cases) {
    const auto placement = test.cluster.inspect().placement(c.partition);
    ProduceRequest request{.acks = c.acks};
    request.partitions.push_back({c.partition, c.block});
    const auto response = test.ask<ProduceResponse>(placement ? placement->leader : 0, request);
    ASSERT_EQ(response.partitions.size(), 1U) << c.what;
    EXPECT_EQ(response.partitions[0].error, c.error) << c.what;
    EXPECT_EQ(response.partitions[0].base_offset, -1) << c.what;
    EXPECT_THAT(test.cluster.inspect().records(c.partition), testing::IsEmpty()) << c.what;
  }
  EXPECT_EQ(test.produce({"careful", 0}, {{"k", "v"}}, 1).error, std::nullopt);
  EXPECT_EQ(test.produce({"recent", 0}, {{"k", "v", kStartMs - 1'000}}).error, std::nullopt);
  EXPECT_EQ(test.produce(kOrders, {{"k", "v", kStartMs + 3'600'000}}).error, std::nullopt);
}

TEST(Produce, TakesAMegabyteButNotMore) {
  TestCluster test;
  test.create("orders");
  EXPECT_EQ(test.produce(kOrders, {{nullptr, std::string(1'000'000, 'v')}}).error, std::nullopt);
  // Kafka's default is one MiB and twelve bytes for the whole batch.
  EXPECT_EQ(test.produce(kOrders, {{nullptr, std::string(1 << 20, 'v')}}).error,
            ErrorCode::kMessageTooLarge);
}

TEST(Produce, WithoutAcksIsNotAnswered) {
  TestCluster test;
  test.create("orders");
  ProduceRequest request{.acks = 0};
  request.partitions.push_back({kOrders, TestCluster::block({{"k", "v"}})});
  const ReplyTo good = test.send(0, request);
  EXPECT_FALSE(test.is_answered(good));
  EXPECT_THAT(test.values(kOrders), ElementsAre("v"));
  request.partitions[0].partition.topic = "nothing";
  EXPECT_EQ(test.closed(test.send(0, request))->code, ErrorCode::kTransport);
}

TEST(Produce, StampsRecordsWhereTheTopicSaysSo) {
  TestCluster test;
  test.create("orders", 1, {{"message.timestamp.type", "LogAppendTime"}});
  test.pass(7ms);
  test.produce(kOrders, {{"k", "v", 5}, {"k", "w", kStartMs * 2}});
  for (const auto& record : test.cluster.inspect().records(kOrders)) {
    EXPECT_EQ(record.timestamp_ms, kStartMs + 7);
  }
  EXPECT_EQ(test.values(kOrders).size(), 2U);
}

TEST(Idempotence, AnswersARetryWithItsFirstOffset) {
  TestCluster test;
  test.create("orders");
  const auto id = test.ask<InitProducerIdResponse>(0, InitProducerIdRequest{});
  EXPECT_NE(test.ask<InitProducerIdResponse>(0, InitProducerIdRequest{}).producer_id,
            id.producer_id);
  const auto send = [&](std::int32_t sequence, std::size_t count, std::int16_t epoch) {
    return test.produce(ProduceRequest::Partition{
        kOrders, TestCluster::block(std::vector<TestCluster::Put>(count, {"k", "v"})),
        id.producer_id, epoch, sequence});
  };
  EXPECT_EQ(send(0, 2, 0).base_offset, 0);
  EXPECT_EQ(send(2, 1, 0).base_offset, 2);
  EXPECT_EQ(send(0, 2, 0).base_offset, 0);
  EXPECT_EQ(send(0, 2, 0).error, std::nullopt);
  EXPECT_EQ(send(4, 1, 0).error, ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(send(2, 2, 0).error,
            ErrorCode::kOutOfOrderSequenceNumber);  // begins as one, ends elsewhere
  EXPECT_EQ(send(1, 1, 1).error, ErrorCode::kOutOfOrderSequenceNumber);  // a new epoch begins at 0
  EXPECT_EQ(send(0, 1, 1).base_offset, 3);
  EXPECT_EQ(send(3, 1, 0).error, ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(test.values(kOrders).size(), 4U);
}

TEST(Fetch, WaitsForRecords) {
  TestCluster test;
  test.create("orders");
  const ReplyTo fetch = test.send(0, long_poll(0));
  test.pass(499ms);
  EXPECT_FALSE(test.is_answered(fetch));
  EXPECT_EQ(test.cluster.next_deadline(), TimePoint(500ms));
  test.produce(kOrders, {{"k", "v"}});
  const auto response = test.reply<FetchResponse>(fetch);
  ASSERT_EQ(response.partitions.size(), 1U);
  EXPECT_EQ(response.partitions[0].high_watermark, 1);
  EXPECT_EQ(response.partitions[0].blocks.size(), 1U);
  EXPECT_EQ(test.cluster.next_deadline(), kNever);
}

TEST(Fetch, AnswersEmptyWhenItsTimeIsUp) {
  TestCluster test;
  test.create("orders", 2);
  FetchRequest request = long_poll(0);
  request.partitions.push_back({.partition = {"orders", 1}});
  const ReplyTo fetch = test.send(0, request);
  test.pass(500ms);
  const auto response = test.reply<FetchResponse>(fetch);
  ASSERT_EQ(response.partitions.size(), 2U);  // all of them say where they end
  EXPECT_EQ(response.partitions[1].high_watermark, 0);
  EXPECT_TRUE(response.partitions[1].blocks.empty());
}

TEST(Fetch, WaitsForAsManyBytesAsItWants) {
  TestCluster test;
  test.create("orders");
  test.produce(kOrders, {{nullptr, std::string(300, 'a')}});
  const ReplyTo fetch = test.send(0, long_poll(0, 700));
  EXPECT_FALSE(test.is_answered(fetch));
  test.produce(kOrders, {{nullptr, std::string(100, 'b')}});
  EXPECT_FALSE(test.is_answered(fetch));
  test.produce(kOrders, {{nullptr, std::string(300, 'c')}});
  const auto response = test.reply<FetchResponse>(fetch);
  ASSERT_EQ(response.partitions.size(), 1U);
  EXPECT_EQ(response.partitions[0].blocks.size(), 3U);
}

TEST(Fetch, NamesOnlyPartitionsWithSomethingToSay) {
  TestCluster test;
  test.create("orders", 3);
  test.produce({"orders", 1}, {{"k", "v"}});
  FetchRequest request = long_poll(0);
  for (PartitionId i = 1; i < 3; ++i) request.partitions.push_back({.partition = {"orders", i}});
  const auto response = test.ask<FetchResponse>(0, request);
  ASSERT_EQ(response.partitions.size(), 1U);
  EXPECT_EQ(response.partitions[0].partition.partition, 1);
}

TEST(Fetch, KeepsItsLimitsButGivesAtLeastOneBlock) {
  TestCluster test;
  test.create("orders", 2);
  const TopicPartition second{"orders", 1};
  for (int i = 0; i < 3; ++i) {
    test.produce(kOrders, {{nullptr, std::string(1000, 'a')}});
    test.produce(second, {{nullptr, std::string(1000, 'b')}});
  }
  EXPECT_EQ(test.fetch(kOrders, 0, 1).partitions[0].blocks.size(), 1U);
  EXPECT_EQ(test.fetch(kOrders, 0, 2'500).partitions[0].blocks.size(), 2U);
  FetchRequest request = long_poll(0);
  request.partitions.push_back({.partition = second});
  request.max_bytes = 1'000;  // used up by the first: the second only says that there is more
  const auto response = test.ask<FetchResponse>(0, request);
  ASSERT_EQ(response.partitions.size(), 2U);
  EXPECT_EQ(response.partitions[0].blocks.size(), 1U);
  EXPECT_EQ(response.partitions[1].blocks.size(), 0U);
  EXPECT_EQ(response.partitions[1].high_watermark, 3);
}

TEST(Fetch, BeginsWithTheBlockThatHoldsTheOffset) {
  TestCluster test;
  test.create("orders");
  test.produce(kOrders, {{"a", "0"}, {"a", "1"}, {"a", "2"}});
  test.produce(kOrders, {{"a", "3"}});
  const auto response = test.fetch(kOrders, 1);
  ASSERT_EQ(response.partitions[0].blocks.size(), 2U);
  EXPECT_EQ(response.partitions[0].blocks[0].base_offset, 0);
  EXPECT_EQ(test.fetch(kOrders, 3).partitions[0].blocks[0].base_offset, 3);
  EXPECT_TRUE(test.fetch(kOrders, 4).partitions[0].blocks.empty());
}

TEST(Fetch, OutsideTheLogIsAnErrorAtOnce) {
  TestCluster test;
  test.create("orders");
  test.produce(kOrders, {{"a", "0"}});
  for (const Offset offset : {Offset{-1}, Offset{2}}) {
    const auto response = test.ask<FetchResponse>(0, long_poll(offset));
    EXPECT_EQ(response.partitions.at(0).error, ErrorCode::kOffsetOutOfRange) << offset;
    EXPECT_EQ(response.partitions.at(0).log_start_offset, 0);
  }
}

TEST(Fetch, IsWokenByAMovedLeaderAndADeletedTopic) {
  TestCluster test({.nodes = 2});
  test.create("orders");
  const NodeId old = test.leader(kOrders);
  ReplyTo fetch = test.send(old, long_poll(0));
  ASSERT_TRUE(test.cluster.move_leader(test.now, kOrders, 1 - old));
  EXPECT_EQ(test.reply<FetchResponse>(fetch).partitions.at(0).error,
            ErrorCode::kNotLeaderOrFollower);
  fetch = test.send(1 - old, long_poll(0));
  ASSERT_TRUE(test.cluster.delete_topic(test.now, "orders"));
  EXPECT_EQ(test.reply<FetchResponse>(fetch).partitions.at(0).error,
            ErrorCode::kUnknownTopicOrPartition);
}

TEST(Fetch, TellsAnOldLeaderEpochFromANewOne) {
  TestCluster test({.nodes = 2});
  test.create("orders");
  ASSERT_TRUE(test.cluster.move_leader(test.now, kOrders, 1 - test.leader(kOrders)));
  const auto with_epoch = [&](std::int32_t epoch) {
    FetchRequest request = long_poll(0);
    request.max_wait = 0ms;
    request.partitions[0].current_leader_epoch = epoch;
    return test.ask<FetchResponse>(test.leader(kOrders), request).partitions.at(0).error;
  };
  EXPECT_EQ(with_epoch(0), ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(with_epoch(1), std::nullopt);
  EXPECT_EQ(with_epoch(2), ErrorCode::kUnknownLeaderEpoch);
  EXPECT_EQ(with_epoch(-1), std::nullopt);
}

TEST(Fetch, IsForgottenWithItsConnection) {
  TestCluster test;
  test.create("orders");
  const ReplyTo fetch = test.send(0, long_poll(0));
  test.cluster.forget(fetch);
  EXPECT_EQ(test.cluster.next_deadline(), kNever);
  test.produce(kOrders, {{"k", "v"}});
  EXPECT_FALSE(test.is_answered(fetch));
}

TEST(Fetch, PassesMarkers) {
  TestCluster test;
  test.create("orders");
  test.produce(kOrders, {{"k", "v"}});
  const ReplyTo fetch = test.send(0, long_poll(1));
  EXPECT_EQ(test.cluster.append_marker(test.now, test.wall(), kOrders).value(), 1);
  const auto response = test.reply<FetchResponse>(fetch);
  ASSERT_EQ(response.partitions.at(0).blocks.size(), 1U);
  EXPECT_TRUE(response.partitions[0].blocks[0].block->is_control());
  EXPECT_EQ(test.ask<FetchResponse>(0, long_poll(1)).partitions.at(0).blocks.size(), 1U);
  EXPECT_EQ(test.produce(kOrders, {{"k", "w"}}).base_offset, 2);
  EXPECT_THAT(test.values(kOrders), ElementsAre("v", "w"));
}

TEST(ListOffsets, FindsByTime) {
  TestCluster test;
  test.create("orders");
  test.produce(kOrders, {{"k", "a", 100}, {"k", "b", 300}});
  test.produce(kOrders, {{"k", "c", 200}, {"k", "d", 400}, {"k", "e", 400}});
  struct Case {
    std::int64_t time;
    Offset offset;
    std::int64_t timestamp;
  };
  for (const Case& c : std::vector<Case>{{-1, 5, -1},
                                         {-2, 0, -1},
                                         {-3, 3, 400},
                                         {0, 0, 100},
                                         {100, 0, 100},
                                         {101, 1, 300},
                                         {300, 1, 300},
                                         {301, 3, 400},
                                         {401, -1, -1}}) {
    ListOffsetsRequest request;
    request.partitions.push_back({kOrders, c.time});
    const auto answer = test.ask<ListOffsetsResponse>(0, request).partitions.at(0);
    EXPECT_EQ(answer.offset, c.offset) << c.time;
    EXPECT_EQ(answer.timestamp_ms, c.timestamp) << c.time;
  }
}

}  // namespace
}  // namespace rookery::mock
