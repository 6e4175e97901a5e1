// admin_client.h
//
// Questions and orders to a cluster, outside any group. Every call keeps its deadline. One ends
// before it with kSaslAuthenticationFailed where the brokers refuse who asks; one that brokers do
// not answer (kTimedOut, kTransport) says what was heard of them last.
//
// Thread rules: any thread; calls may run at once.
#pragma once

#include <rookery/base/result.h>
#include <rookery/base/topic_partition.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/acl_admin.h>
#include <rookery/transport/config_admin.h>
#include <rookery/transport/group_admin.h>
#include <rookery/transport/record.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rookery {

inline constexpr Offset kAllRecords = -1;  // of delete_records: up to the high watermark

struct NewTopic {
  std::string name;
  std::int32_t partitions = 1;
  std::int16_t replication_factor = -1;  // -1: the cluster's default
  std::map<std::string, std::string> config;
};

// A topic's partitions become `total` in all; they never become fewer (KIP-195).
struct NewPartitions {
  std::string topic;
  std::int32_t total = 1;
};

struct PartitionDescription {
  PartitionId partition = 0;
  NodeId leader = -1;                         // -1: none
  std::vector<NodeId> replicas = {};          // the preferred leader first
  std::vector<NodeId> in_sync_replicas = {};  // of them
};
struct TopicDescription {
  std::string name;
  std::vector<PartitionDescription> partitions;
};
struct NodeDescription {
  NodeId id = 0;
  std::string host;
  std::int32_t port = 0;
};
struct ClusterDescription {
  std::vector<NodeDescription> nodes;
  NodeId controller = -1;  // -1: none known
  std::vector<TopicDescription> topics;
};

struct Watermarks {
  TopicPartition partition;
  Offset low = 0;   // log start offset
  Offset high = 0;  // next offset to be seen by a reader
};

class AdminClient {
 public:
  virtual ~AdminClient() = default;

  // Calls under way end at once with kClosed, those that wait for a controller, too, and so does
  // every later call; what was ordered may be carried out all the same. librdkafka cannot be
  // interrupted in questions (describe, watermarks, offsets_for_time): they end at their deadline.
  // Calls have to have returned before the destructor. Idempotent.
  virtual void close() = 0;

  // One status per topic, in order; each topic is independent.
  virtual std::vector<Status> create_topics(const std::vector<NewTopic>& topics,
                                            TimePoint deadline) = 0;
  virtual std::vector<Status> delete_topics(const std::vector<std::string>& topics,
                                            TimePoint deadline) = 0;
  // kInvalidPartitions when the topic has as many already.
  virtual std::vector<Status> create_partitions(const std::vector<NewPartitions>& topics,
                                                TimePoint deadline) = 0;

  // All topics when `topics` is empty; an unknown topic is kUnknownTopicOrPartition, naming it.
  virtual Result<ClusterDescription> describe(const std::vector<std::string>& topics,
                                              TimePoint deadline) = 0;

  virtual Result<std::vector<Watermarks>> watermarks(const std::vector<TopicPartition>& partitions,
                                                     TimePoint deadline) = 0;
  // The first offset whose record is at or after the time; none when there is no such record.
  virtual Result<std::vector<std::optional<Offset>>> offsets_for_time(
      const std::vector<TopicPartition>& partitions, Timestamp time, TimePoint deadline) = 0;

  // What lies below each offset goes from its log, at most up to the high watermark, beyond which
  // it is kOffsetOutOfRange (KIP-107); kAllRecords: all there are. Answers where each log begins
  // now. Sent to the leaders, each partition independent.
  virtual std::vector<Result<Offset>> delete_records(
      const std::vector<TopicPartitionOffset>& partitions, TimePoint deadline) = 0;

  // ---- Groups

  // All of the cluster, sorted by name. Every node is asked: an error, not half of them, when one
  // does not answer or loads.
  virtual Result<std::vector<GroupListing>> groups(TimePoint deadline) = 0;

  // Of the five that follow: one answer for each group, in order, each independent; coordinators
  // that move or load are asked again until the deadline; a group without a name is
  // kInvalidGroupId. Groups are described in one request for each coordinator (by librdkafka in one
  // for each group); offsets are one request for each group, all of them at once.

  // A group that does not exist is "Dead", without members.
  virtual std::vector<Result<ConsumerGroupDescription>> describe_groups(
      const std::vector<std::string>& groups, TimePoint deadline) = 0;
  // All that a group has committed, by partition; nothing when it does not exist.
  virtual std::vector<Result<std::vector<GroupOffset>>> group_offsets(
      const std::vector<std::string>& groups, TimePoint deadline) = 0;
  // Changes need a group without members, for those would go on from where they are and commit
  // over it: kNonEmptyGroup names them. A group that does not exist is made by its offsets.
  virtual std::vector<Status> alter_group_offsets(const std::vector<GroupOffsets>& groups,
                                                  TimePoint deadline) = 0;
  // Where nothing was committed nothing changes. kGroupIdNotFound when there is no such group.
  virtual std::vector<Status> delete_group_offsets(const std::vector<GroupPartitions>& groups,
                                                   TimePoint deadline) = 0;
  // With all that they have committed (KIP-229). kNonEmptyGroup names the members; kGroupIdNotFound
  // when there is no such group.
  virtual std::vector<Status> delete_groups(const std::vector<std::string>& groups,
                                            TimePoint deadline) = 0;

  // ---- Settings: one answer for each resource, in order, each independent. A broker's are asked
  // of and changed at that broker.

  // All of a resource's, sorted by name. An unknown topic is kUnknownTopicOrPartition, a broker
  // that is not there an error at the deadline.
  virtual std::vector<Result<std::vector<ConfigEntry>>> configs(
      const std::vector<ConfigResource>& resources, TimePoint deadline) = 0;
  // These change and no others (KIP-339), and nothing of a resource when one is refused:
  // kInvalidConfig says which. Needs librdkafka 2.2.0: kUnsupported names both versions
  // where it is older.
  virtual std::vector<Status> alter_configs(const std::vector<ConfigChange>& changes,
                                            TimePoint deadline) = 0;
  // A resource's own settings become exactly these, others go back to their defaults (AlterConfigs,
  // KIP-133): what somebody else changes between a look and this is lost.
  virtual std::vector<Status> replace_configs(const std::vector<ConfigValues>& values,
                                              TimePoint deadline) = 0;

  // ---- Access control: kSecurityDisabled where the brokers have no authorizer.

  // One status for each, in order. What is there already is created again without an error.
  virtual std::vector<Status> create_acls(const std::vector<Acl>& acls, TimePoint deadline) = 0;
  // Sorted.
  virtual Result<std::vector<Acl>> acls(const AclFilter& filter, TimePoint deadline) = 0;
  // What each deleted, sorted; what two match the first has deleted, or both say so.
  virtual std::vector<Result<std::vector<Acl>>> delete_acls(const std::vector<AclFilter>& filters,
                                                            TimePoint deadline) = 0;
};

}  // namespace rookery
