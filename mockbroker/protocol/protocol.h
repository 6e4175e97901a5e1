// protocol.h
//
// Kafka's requests and responses as typed values, without bytes: what a client can say to a broker
// of the in-process cluster.
//
// Field names and meanings follow Kafka's protocol (https://kafka.apache.org/protocol); what no
// client of ours uses is left out. `error` is none when all is well. What has an api of its own in
// Kafka and is missing here (transactions) comes with the issues that need it.
#pragma once

#include <rookery/base/result.h>
#include <rookery/base/topic_partition.h>

#include "mockbroker/protocol/admin.h"
#include "mockbroker/protocol/record_block.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rookery::mock {

using Milliseconds = std::chrono::milliseconds;

// ---- Metadata, coordinators

struct MetadataRequest {
  std::optional<std::vector<std::string>> topics;  // none: all
};
struct MetadataResponse {
  struct Partition {
    PartitionId partition = 0;
    NodeId leader = -1;  // -1: none (error kLeaderNotAvailable)
    std::int32_t leader_epoch = 0;
    MaybeError error;
    std::vector<NodeId> replicas;
    std::vector<NodeId> in_sync_replicas;
  };
  struct Topic {
    std::string name;
    MaybeError error;
    std::vector<Partition> partitions;
    std::uint64_t id = 0;  // of this topic and no other of its name (KIP-516)
  };
  struct Node {
    NodeId id = 0;
    std::string host;
    std::int32_t port = 0;
  };
  std::vector<Node> nodes;
  NodeId controller = -1;  // -1: no controller now
  std::vector<Topic> topics;
};

struct FindCoordinatorRequest {
  std::string group;
};
struct FindCoordinatorResponse {
  MaybeError error;
  NodeId node = -1;
};

// ---- Data

struct ProduceRequest {
  struct Partition {
    TopicPartition partition;
    std::shared_ptr<const RecordBlock> block;
    std::int64_t producer_id = -1;  // -1: not idempotent
    std::int16_t producer_epoch = -1;
    std::int32_t base_sequence = -1;
  };
  std::int16_t acks = -1;  // -1: all, 1: leader, 0: none (no answer is sent)
  Milliseconds timeout{30'000};
  std::vector<Partition> partitions;
};
struct ProduceResponse {
  struct Partition {
    TopicPartition partition;
    MaybeError error;
    Offset base_offset = -1;
    Offset log_start_offset = -1;
  };
  std::vector<Partition> partitions;
};

struct FetchRequest {
  struct Partition {
    TopicPartition partition;
    Offset fetch_offset = 0;
    std::int32_t current_leader_epoch = -1;
    std::size_t max_bytes = 1 << 20;
  };
  Milliseconds max_wait{500};
  std::size_t min_bytes = 1;
  std::size_t max_bytes = std::size_t{50} << 20;
  std::vector<Partition> partitions;
};
struct FetchResponse {
  struct Block {
    Offset base_offset = 0;  // may lie below fetch_offset: skip what was seen
    std::int32_t leader_epoch = 0;
    std::shared_ptr<const RecordBlock> block;
  };
  struct Partition {
    TopicPartition partition;
    MaybeError error;
    Offset high_watermark = -1;
    Offset log_start_offset = -1;
    // At least one when there is anything, whatever its size, as long as the request's max_bytes is
    // not used up by the partitions asked for before it: a client moves those it got nothing for to
    // the front, as Kafka's do (KIP-74).
    std::vector<Block> blocks;
  };
  // Those asked for that have blocks, an error, or a high watermark past the offset asked for; all
  // of them when max_wait ended.
  std::vector<Partition> partitions;
};

struct ListOffsetsRequest {
  struct Partition {
    TopicPartition partition;
    // -1: latest, -2: earliest, -3: the record of the greatest timestamp (KIP-734), else the first
    // at or after it.
    std::int64_t timestamp_ms = -1;
    std::int32_t current_leader_epoch = -1;
  };
  std::vector<Partition> partitions;
};
struct ListOffsetsResponse {
  struct Partition {
    TopicPartition partition;
    MaybeError error;
    std::int64_t timestamp_ms = -1;
    Offset offset = -1;              // -1: no such record
    std::int32_t leader_epoch = -1;  // of the leader that answers
  };
  std::vector<Partition> partitions;
};

// Where an epoch ends in the leader's log (KIP-320): whether what was read before is still there.
struct OffsetsForLeaderEpochRequest {
  struct Partition {
    TopicPartition partition;
    std::int32_t current_leader_epoch = -1;
    std::int32_t leader_epoch = -1;  // of the record before the position
  };
  std::vector<Partition> partitions;
};
struct OffsetsForLeaderEpochResponse {
  struct Partition {
    TopicPartition partition;
    MaybeError error;
    std::int32_t leader_epoch = -1;  // the greatest that is not above the one asked for
    Offset end_offset = -1;          // one past its last record; -1: nothing is known of it
  };
  std::vector<Partition> partitions;
};

struct InitProducerIdRequest {};
struct InitProducerIdResponse {
  MaybeError error;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
};

// ---- Groups

// What a member tells of itself when it joins (ConsumerProtocolSubscription).
struct Subscription {
  std::vector<std::string> topics;
  std::vector<TopicPartition> owned_partitions;  // cooperative: what it holds
  std::int32_t generation = -1;

  friend bool operator==(const Subscription&, const Subscription&) = default;
};
struct JoinGroupRequest {
  struct Protocol {
    std::string name;  // "range", "roundrobin", "cooperative-sticky"
    Subscription subscription;

    friend bool operator==(const Protocol&, const Protocol&) = default;
  };
  std::string group;
  Milliseconds session_timeout{45'000};
  Milliseconds rebalance_timeout{300'000};
  std::string member_id;          // empty: new
  std::string group_instance_id;  // empty: dynamic
  std::string protocol_type = "consumer";
  std::vector<Protocol> protocols;  // in order of preference
};
struct JoinGroupResponse {
  struct Member {
    std::string member_id;
    std::string group_instance_id;
    Subscription subscription;
  };
  MaybeError error;
  std::int32_t generation = -1;
  std::string protocol;
  std::string leader;
  std::string member_id;        // with kMemberIdRequired: the id to join with (KIP-394)
  std::vector<Member> members;  // for the leader only
};
struct SyncGroupRequest {
  std::string group;
  std::int32_t generation = -1;
  std::string member_id;
  std::string group_instance_id;
  std::map<std::string, std::vector<TopicPartition>> assignments;  // from the leader: by member id
};
struct SyncGroupResponse {
  MaybeError error;
  std::vector<TopicPartition> assignment;
};
struct HeartbeatRequest {
  std::string group;
  std::int32_t generation = -1;
  std::string member_id;
  std::string group_instance_id;
};
struct HeartbeatResponse {
  MaybeError error;
};
struct LeaveGroupRequest {
  std::string group;
  std::string member_id;
  std::string group_instance_id;
};
struct LeaveGroupResponse {
  MaybeError error;
};

struct OffsetCommitRequest {
  struct Partition {
    TopicPartition partition;
    Offset offset = -1;
    std::int32_t leader_epoch = -1;
    std::string metadata;
  };
  std::string group;
  std::int32_t generation = -1;  // -1 with an empty member id: a commit from outside the group
  std::string member_id;
  std::string group_instance_id;
  std::vector<Partition> partitions;
};
struct OffsetCommitResponse {
  struct Partition {
    TopicPartition partition;
    MaybeError error;
  };
  std::vector<Partition> partitions;
};
struct OffsetFetchRequest {
  std::string group;
  std::optional<std::vector<TopicPartition>> partitions;  // none: all that have an offset
};
struct OffsetFetchResponse {
  struct Partition {
    TopicPartition partition;
    Offset offset = -1;              // -1: none
    std::int32_t leader_epoch = -1;  // of the record before it; -1: not known (KIP-320)
    std::string metadata;
  };
  MaybeError error;
  std::vector<Partition> partitions;
};

// ---- Topics; the rest of administration is admin.h

struct CreateTopicsRequest {
  struct Topic {
    std::string name;
    std::int32_t partitions = 1;
    std::int16_t replication_factor = -1;
    std::map<std::string, std::string> config;
  };
  std::vector<Topic> topics;
};
struct DeleteTopicsRequest {
  std::vector<std::string> topics;
};
// A topic's partitions can only become more.
struct CreatePartitionsRequest {
  struct Topic {
    std::string name;
    std::int32_t count = 0;  // of partitions in all
  };
  std::vector<Topic> topics;
};
// Answers all three.
struct TopicsResponse {
  struct Topic {
    std::string name;
    MaybeError error;
    std::string message;
  };
  std::vector<Topic> topics;
};

using Request =
    std::variant<MetadataRequest, FindCoordinatorRequest, ProduceRequest, FetchRequest,
                 ListOffsetsRequest, InitProducerIdRequest, JoinGroupRequest, SyncGroupRequest,
                 HeartbeatRequest, LeaveGroupRequest, OffsetCommitRequest, OffsetFetchRequest,
                 CreateTopicsRequest, DeleteTopicsRequest, OffsetsForLeaderEpochRequest,
                 CreatePartitionsRequest, DescribeGroupsRequest, OffsetDeleteRequest,
                 ListGroupsRequest, DeleteGroupsRequest, DeleteRecordsRequest,
                 DescribeConfigsRequest, AlterConfigsRequest, IncrementalAlterConfigsRequest,
                 DescribeAclsRequest, CreateAclsRequest, DeleteAclsRequest>;
using Response =
    std::variant<MetadataResponse, FindCoordinatorResponse, ProduceResponse, FetchResponse,
                 ListOffsetsResponse, InitProducerIdResponse, JoinGroupResponse, SyncGroupResponse,
                 HeartbeatResponse, LeaveGroupResponse, OffsetCommitResponse, OffsetFetchResponse,
                 TopicsResponse, OffsetsForLeaderEpochResponse, DescribeGroupsResponse,
                 OffsetDeleteResponse, ListGroupsResponse, DeleteGroupsResponse,
                 DeleteRecordsResponse, DescribeConfigsResponse, AlterConfigsResponse,
                 DescribeAclsResponse, CreateAclsResponse, DeleteAclsResponse>;

// "Produce", "JoinGroup", ...
const char* api_name(const Request& request);

using CorrelationId = std::uint64_t;

struct RequestHeader {
  std::string client_id;
  CorrelationId correlation = 0;
};

}  // namespace rookery::mock
