// protocol_test.cc
//
// Blocks keep what was put into them; every request has an answer that refuses it.
#include "mockbroker/protocol/protocol.h"
#include "mockbroker/protocol/error_response.h"
#include "mockbroker/protocol/record_block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery::mock {
namespace {

struct Read {
  std::int64_t timestamp_ms;
  std::uint32_t delta;
  OwnedBytes key;
  OwnedBytes value;
  Headers headers;

  friend bool operator==(const Read&, const Read&) = default;
};

std::vector<Read> read_all(const RecordBlock& block) {
  std::vector<Read> records;
  BlockRecord record;
  for (const char* at = block.begin(); at < block.end();) {
    at = RecordBlock::read(at, record);
    records.push_back({record.timestamp_ms, record.offset_delta, record.key, record.value,
                       decode_headers(record.headers)});
  }
  return records;
}

TEST(RecordBlock, KeepsNullEmptyAndHeaders) {
  const Headers headers{{"a", "1"}, {"a", nullptr}, {"", ""}};
  BlockBuilder builder;
  builder.append(5, nullptr, "", {});
  builder.append(9, "", nullptr, headers);
  builder.append(7, "key", "value", {});
  const auto block = builder.finish();
  EXPECT_EQ(block->count(), 3U);
  EXPECT_EQ(block->last_offset_delta(), 2U);
  EXPECT_EQ(block->max_timestamp_ms(), 9);
  EXPECT_THAT(read_all(*block),
              testing::ElementsAre(Read{5, 0, nullptr, "", {}}, Read{9, 1, "", nullptr, headers},
                                   Read{7, 2, "key", "value", {}}));
  EXPECT_EQ(builder.count(), 0U);
}

TEST(RecordBlock, KeepsGaps) {
  BlockBuilder builder;
  BlockRecord record;
  record.offset_delta = 4;
  record.value = "v";
  builder.append_encoded(record);
  const auto block = builder.finish(9);
  EXPECT_EQ(block->count(), 1U);
  EXPECT_EQ(block->last_offset_delta(), 9U);
  EXPECT_THAT(read_all(*block), testing::ElementsAre(Read{-1, 4, nullptr, "v", {}}));
}

TEST(RecordBlock, TakesAnotherTimestamp) {
  const Headers headers{{"h", "x"}};
  BlockBuilder builder;
  builder.append(5, "k", "v", headers);
  builder.append(6, nullptr, "long enough to be padded", {});
  const auto block = builder.finish();
  const auto stamped = BlockBuilder::with_timestamp(*block, 100);
  EXPECT_THAT(read_all(*stamped),
              testing::ElementsAre(Read{100, 0, "k", "v", headers},
                                   Read{100, 1, nullptr, "long enough to be padded", {}}));
  EXPECT_EQ(stamped->max_timestamp_ms(), 100);
  EXPECT_EQ(block->max_timestamp_ms(), 6);
}

// Sizes that Apache Kafka's DefaultRecordBatch gives: 61 bytes, and per record its length,
// attributes and variable-length fields.
TEST(RecordBlock, KnowsItsSizeOnKafkasWire) {
  BlockBuilder builder;
  builder.append(1000, nullptr, nullptr, {});
  EXPECT_EQ(wire_size(*builder.finish()), 61U + 7U);
  builder.append(1000, "k", std::string(100, 'v'), {});
  EXPECT_EQ(wire_size(*builder.finish()), 61U + 2U + (1 + 1 + 1 + 2 + 102 + 1));
  builder.append(1000, "k", "v", {{"h", nullptr}, {"h", "1"}});
  builder.append(1100, "k", "v", {});
  EXPECT_EQ(wire_size(*builder.finish()),
            61U + (1 + 3 + 4 + 1 + 3 + 4) + (1 + 1 + 2 + 1 + 2 + 2 + 1));
}

// Whether every place of a response that can hold an error holds this one, and how many there are.
struct CountErrors {
  ErrorCode wanted;
  int operator()(const MetadataResponse& r) const { return list(r.topics); }
  int operator()(const ProduceResponse& r) const { return list(r.partitions); }
  int operator()(const FetchResponse& r) const { return list(r.partitions); }
  int operator()(const ListOffsetsResponse& r) const { return list(r.partitions); }
  int operator()(const OffsetCommitResponse& r) const { return list(r.partitions); }
  int operator()(const OffsetsForLeaderEpochResponse& r) const { return list(r.partitions); }
  int operator()(const TopicsResponse& r) const { return list(r.topics); }
  int operator()(const DescribeGroupsResponse& r) const { return list(r.groups); }
  int operator()(const DeleteGroupsResponse& r) const { return list(r.groups); }
  int operator()(const DeleteRecordsResponse& r) const { return list(r.partitions); }
  int operator()(const DescribeConfigsResponse& r) const { return list(r.resources); }
  int operator()(const AlterConfigsResponse& r) const { return list(r.resources); }
  int operator()(const CreateAclsResponse& r) const { return list(r.results); }
  int operator()(const DeleteAclsResponse& r) const { return list(r.results); }
  template <class R>
  int operator()(const R& response) const {
    return response.error == wanted ? 1 : -1;
  }
  template <class E>
  int list(const std::vector<E>& entries) const {
    for (const auto& entry : entries) {
      if (entry.error != wanted) return -1;
    }
    return static_cast<int>(entries.size());
  }
};

TEST(ErrorResponse, FitsEveryRequest) {
  const TopicPartition tp{"t", 1};
  const ConfigResource topic{ConfigResourceKind::kTopic, "t"};
  const std::vector<Request> requests = {MetadataRequest{{{"t"}}},
                                         FindCoordinatorRequest{},
                                         ProduceRequest{.partitions = {{.partition = tp}}},
                                         FetchRequest{.partitions = {{.partition = tp}}},
                                         ListOffsetsRequest{.partitions = {{.partition = tp}}},
                                         InitProducerIdRequest{},
                                         JoinGroupRequest{},
                                         SyncGroupRequest{},
                                         HeartbeatRequest{},
                                         LeaveGroupRequest{},
                                         OffsetCommitRequest{.partitions = {{.partition = tp}}},
                                         OffsetFetchRequest{},
                                         CreateTopicsRequest{{{.name = "t"}}},
                                         DeleteTopicsRequest{{"t"}},
                                         OffsetsForLeaderEpochRequest{{{.partition = tp}}},
                                         CreatePartitionsRequest{{{.name = "t"}}},
                                         DescribeGroupsRequest{{"g"}},
                                         OffsetDeleteRequest{},
                                         ListGroupsRequest{},
                                         DeleteGroupsRequest{{"g"}},
                                         DeleteRecordsRequest{{{tp, 1}}},
                                         DescribeConfigsRequest{{topic}},
                                         AlterConfigsRequest{{{topic, {}}}},
                                         IncrementalAlterConfigsRequest{{{topic, {}}}},
                                         DescribeAclsRequest{},
                                         CreateAclsRequest{{Acl{}}},
                                         DeleteAclsRequest{{AclFilter{}}}};
  ASSERT_EQ(requests.size(), std::variant_size_v<Request>);
  for (const Request& request : requests) {
    const Response response = error_response(request, ErrorCode::kRequestTimedOut);
    EXPECT_EQ(std::visit(CountErrors{ErrorCode::kRequestTimedOut}, response), 1)
        << api_name(request);
  }
}

TEST(ErrorResponse, NamesThePartition) {
  const auto response =
      error_response(FetchRequest{.partitions = {{.partition = {"t", 1}}, {.partition = {"u", 0}}}},
                     ErrorCode::kNotLeaderOrFollower);
  const auto& fetch = std::get<FetchResponse>(response);
  ASSERT_EQ(fetch.partitions.size(), 2U);
  EXPECT_EQ(fetch.partitions[1].partition.text(), "u-0");
}

}  // namespace
}  // namespace rookery::mock
