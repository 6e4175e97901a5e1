// inspection.h
//
// A look into a cluster, for tests and checkers: everything as it is now. Changes nothing.
#pragma once

#include "mockbroker/cluster/core.h"
#include "mockbroker/cluster/group.h"
#include "mockbroker/cluster/topics.h"

#include <rookery/base/bytes.h>
#include <rookery/base/headers.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rookery::mock {

class Controller;
class Groups;

struct StoredRecord {
  Offset offset = -1;
  std::int32_t leader_epoch = -1;
  std::int64_t timestamp_ms = -1;
  OwnedBytes key;
  OwnedBytes value;
  Headers headers;

  friend bool operator==(const StoredRecord&, const StoredRecord&) = default;
};

struct ReplicaDescription {
  NodeId node = -1;
  Offset log_start = 0;
  Offset log_end = 0;
  Offset high_watermark = 0;  // as far as it knows
  bool is_in_sync = false;
};

struct MemberDescription {
  std::string id;
  std::string instance_id;  // empty: dynamic
  std::string client_id;
  std::vector<std::string> topics;  // it subscribed to
  std::vector<TopicPartition> assignment;
  bool waits_for_join = false;  // its JoinGroup is not answered yet
  bool waits_for_sync = false;
};
struct GroupDescription {
  GroupState state = GroupState::kDead;
  NodeId coordinator = -1;  // -1: none
  bool is_loaded = false;  // false: its coordinator is loading, or down; this is what is in its log
  std::int32_t generation = -1;
  std::string protocol;
  std::string leader;
  std::size_t pending = 0;                 // ids given out and not joined with yet
  std::size_t timers = 0;                  // set for it, but the one that ends an empty group
  std::vector<MemberDescription> members;  // by id
};

class Inspection {
 public:
  Inspection(const Core& core, const Topics& topics, const Controller& controller,
             const Groups& groups)
      : core_(core), topics_(topics), controller_(controller), groups_(groups) {}

  NodeId controller() const;  // -1: none
  std::vector<NodeId> nodes_up() const;
  std::vector<std::string> topics() const;
  std::optional<std::int32_t> partition_count(const std::string& topic) const;
  std::map<std::string, std::string> topic_settings(
      const std::string& topic) const;             // as given at creation
  std::vector<TopicPartition> partitions() const;  // of all topics

  // None of the following: the partition is unknown.
  std::optional<Placement> placement(const TopicPartition& partition) const;
  std::optional<Offset> log_start(const TopicPartition& partition) const;
  std::optional<Offset> high_watermark(const TopicPartition& partition) const;
  std::optional<std::size_t> log_size_bytes(const TopicPartition& partition) const;
  // Of the leader's log, or the last leader's.
  std::optional<Offset> log_end(const TopicPartition& partition) const;
  // In order of the placement; empty: the partition is unknown.
  std::vector<ReplicaDescription> replicas(const TopicPartition& partition) const;
  std::vector<NodeId> in_sync(const TopicPartition& partition) const;
  // All that is in one replica's log, also above the high watermark; empty: there is no such
  // replica.
  std::vector<StoredRecord> records_of(const TopicPartition& partition, NodeId replica) const;
  // What a consumer would read from `from` on; markers and gaps leave no trace.
  std::vector<StoredRecord> records(const TopicPartition& partition, Offset from = 0) const;

  std::vector<std::string> groups() const;
  // Of a group that is not there: Dead.
  GroupDescription group(const std::string& name) const;
  NodeId coordinator(const std::string& group)
      const;  // -1: none; also where a group that is not there yet would be
  static int coordinator_slot(const std::string& group);
  std::optional<CommittedOffset> committed(const std::string& group,
                                           const TopicPartition& partition) const;
  std::map<TopicPartition, CommittedOffset> committed(const std::string& group) const;

 private:
  const Core& core_;
  const Topics& topics_;
  const Controller& controller_;
  const Groups& groups_;
};

}  // namespace rookery::mock
