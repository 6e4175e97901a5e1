// observer.h
//
// What happened inside the cluster, told in order while it happens: for histories and checkers.
//
// Called synchronously from within Cluster's functions; must not call the cluster. References are
// valid during the call only. An event is a fact of the cluster whether or not its response ever
// reaches the client.
#pragma once

#include <rookery/runtime/time_types.h>

#include "mockbroker/protocol/protocol.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::mock {

// Records got their offsets in the leader's log. A duplicate of an idempotent producer is not
// appended again and not told again.
struct AppendEvent {
  TimePoint at;
  const TopicPartition& partition;
  Offset base_offset;
  const std::shared_ptr<const RecordBlock>&
      block;  // as stored: with LogAppendTime not the producer's own
  std::int32_t leader_epoch;
  NodeId leader;
  std::string_view client_id;  // empty: not by a request
  std::int16_t acks;
  std::int64_t producer_id;  // -1: not idempotent
  std::int16_t producer_epoch;
  std::int32_t base_sequence;
  // Written under an older leader and lost with it; the unclean leader that still had them brings
  // them back. Who asked for them then is not known any more.
  bool is_restored = false;
};

// Records were in the leader's log and are in it no more: follows leader_moved, but for
// kNotFlushed.
enum class LossReason {
  kNotReplicated,    // the new leader, one of those in sync, never had them: acks=1 or 0 lost them
  kUncleanElection,  // the new leader was not in sync (unclean.leader.election.enable)
  kNotFlushed,       // the node lost power before they were on its disk, and is the last in sync
};
const char* name(LossReason reason);
struct LossEvent {
  TimePoint at;
  const TopicPartition& partition;
  Offset from;            // the first that is lost
  Offset end;             // of the log before
  Offset high_watermark;  // before: what lies below was on all in sync, and acks=all acknowledged
  std::int32_t leader_epoch;
  LossReason reason;
};

// One replica's log was cut; whether anything is lost, LossEvent says.
enum class TruncationReason {
  kFollows,     // a new leader, which does not have it
  kNotFlushed,  // its node lost power
};
const char* name(TruncationReason reason);
struct TruncationEvent {
  TimePoint at;
  const TopicPartition& partition;
  NodeId replica;
  Offset from;
  Offset end;  // of its log before
  TruncationReason reason;
};

// The in-sync replicas changed.
struct InSyncEvent {
  TimePoint at;
  const TopicPartition& partition;
  const std::vector<NodeId>& in_sync;
};

struct HighWatermarkEvent {
  TimePoint at;
  const TopicPartition& partition;
  NodeId leader;
  Offset high_watermark;
};

// The log's first offset moved up.
enum class RemovalReason { kRetentionTime, kRetentionSize, kDeleteRecords };
const char* name(RemovalReason reason);
struct LogStartEvent {
  TimePoint at;
  const TopicPartition& partition;
  Offset old_start;
  Offset new_start;
  RemovalReason reason;
};

// Records below `below` whose key was written again, and old tombstones, are gone.
struct CompactionEvent {
  TimePoint at;
  const TopicPartition& partition;
  Offset below;
  std::size_t records_removed;
};

struct TopicEvent {
  TimePoint at;
  const std::string& topic;
  std::int32_t partitions;
};

struct LeaderEvent {
  TimePoint at;
  const TopicPartition& partition;
  NodeId old_leader;  // -1: none
  NodeId new_leader;  // -1: none
  std::int32_t leader_epoch;
};

struct CoordinatorEvent {
  TimePoint at;
  int slot;         // partition of __consumer_offsets
  NodeId old_node;  // -1: none
  NodeId new_node;  // -1: none
};

struct CommitEvent {
  TimePoint at;
  const std::string& group;
  const std::string& member_id;  // empty: from outside the group
  std::int32_t generation;       // -1: from outside the group
  const TopicPartition& partition;
  Offset offset;
  const std::string& metadata;
  std::string_view client_id;
};

// The leader's assignment was accepted: from now on it is what members get.
struct GenerationEvent {
  TimePoint at;
  const std::string& group;
  std::int32_t generation;
  const std::string& protocol;
  const std::string& leader;
  const std::map<std::string, std::vector<TopicPartition>>&
      assignments;  // by member id, all members
};

enum class MemberRemoval {
  kLeft,  // LeaveGroup
  kSessionExpired,
  kDidNotRejoin,  // by the end of the rebalance timeout
  kDidNotSync,    // by the end of the rebalance timeout
  kReplaced,      // a static member's new incarnation took its place (KIP-345)
  kForgotten,     // the coordinator moved before the member was written to the group's log
};
const char* name(MemberRemoval why);
struct MemberEvent {
  TimePoint at;
  const std::string& group;
  const std::string& member_id;
  const std::string& client_id;
  std::int32_t generation;  // the group's
  MemberRemoval why;        // of no meaning when it joined
};

class Observer {
 public:
  virtual ~Observer() = default;

  virtual void appended(const AppendEvent&) {}
  // To the log of a leader that was deposed and does not know it: never the partition's, and cut
  // off when it learns better (truncated). `leader_epoch` is its own, old one.
  virtual void appended_apart(const AppendEvent&) {}
  virtual void lost(const LossEvent&) {}
  virtual void truncated(const TruncationEvent&) {}
  virtual void in_sync_changed(const InSyncEvent&) {}
  virtual void high_watermark_rose(const HighWatermarkEvent&) {}
  virtual void log_start_moved(const LogStartEvent&) {}
  virtual void compacted(const CompactionEvent&) {}
  virtual void topic_created(const TopicEvent&) {}
  virtual void topic_grew(const TopicEvent&) {}  // to so many partitions in all
  virtual void topic_deleted(const TopicEvent&) {}
  virtual void leader_moved(const LeaderEvent&) {}
  virtual void coordinator_moved(const CoordinatorEvent&) {}
  virtual void controller_moved(TimePoint, NodeId /*old_node*/, NodeId /*new_node*/) {}
  virtual void node_up(TimePoint, NodeId) {}
  virtual void node_down(TimePoint, NodeId) {}
  virtual void committed(const CommitEvent&) {}
  virtual void generation_completed(const GenerationEvent&) {}
  virtual void member_joined(const MemberEvent&) {}
  virtual void member_removed(const MemberEvent&) {}
};

}  // namespace rookery::mock
