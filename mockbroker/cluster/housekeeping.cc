// housekeeping.cc
//
// Timers run only while a topic needs them, so that an idle cluster has no deadlines.
#include "mockbroker/cluster/housekeeping.h"

#include "mockbroker/cluster/retention.h"

#include <algorithm>

namespace rookery::mock {
namespace {

bool states_retention(const TopicConfig& config) {
  return config.is_deleting && (config.retention_ms >= 0 || config.retention_bytes >= 0);
}

// Whether the replica has what the leader's log holds up to the high watermark.
bool follows(const Partition& partition, const Replica& replica) {
  return &replica.log == &partition.log() ||
         (replica.follows_epoch == partition.placement.epoch &&
          replica.log.end_offset() >= partition.high_watermark());
}

}  // namespace

void Housekeeping::arm() {
  bool has_retention = false;
  bool has_compaction = false;
  for (const auto& [name, topic] : topics_.all()) {
    has_retention |= states_retention(topic.config);
    has_compaction |= topic.config.is_compacting;
  }
  if (has_retention && !retention_timer_.is_set()) {
    retention_timer_.set(core_.timers,
                         saturating_add(core_.now, core_.options.retention_check_interval), [this] {
                           enforce_retention();
                           arm();
                         });
  }
  if (has_compaction && core_.options.compaction_interval > Milliseconds::zero() &&
      !compaction_timer_.is_set()) {
    compaction_timer_.set(core_.timers,
                          saturating_add(core_.now, core_.options.compaction_interval), [this] {
                            compact_what_is_dirty();
                            arm();
                          });
  }
}

void Housekeeping::enforce_retention() {
  const std::int64_t wall_ms = core_.wall.time_since_epoch().count();
  for (auto& [name, topic] : topics_.all()) {
    for (Partition& partition : topic.partitions) {
      if (!states_retention(topic.config)) continue;
      const Offset end = partition.high_watermark();
      raise_start(partition, start_by_age(partition.log(), topic.config.retention_ms, wall_ms, end),
                  RemovalReason::kRetentionTime);
      raise_start(partition, start_by_size(partition.log(), topic.config.retention_bytes, end),
                  RemovalReason::kRetentionSize);
    }
  }
}

void Housekeeping::raise_start(Partition& partition, Offset start, RemovalReason reason) {
  const Offset old = partition.log().start_offset();
  if (start <= old) return;
  for (Replica& replica : partition.replicas) {
    // Others learn it from their next fetch.
    if (follows(partition, replica)) replica.log.remove_below(start);
  }
  core_.tell(&Observer::log_start_moved,
             LogStartEvent{core_.now, partition.id, old, start, reason});
}

void Housekeeping::delete_records(Partition& partition, Offset below) {
  raise_start(partition, std::min(below, partition.high_watermark()),
              RemovalReason::kDeleteRecords);
}

// As ReplicaManager.deleteRecordsOnLocalLog, Partition.deleteRecordsOnLeader.
MaybeError Housekeeping::refusal(NodeId node, const Partition* partition, Offset below) const {
  if (!partition) return ErrorCode::kUnknownTopicOrPartition;
  if (!partition->is_led_by(core_, node)) return ErrorCode::kNotLeaderOrFollower;
  // Nobody confirms what a leader orders that hears of no other node.
  if (core_.is_cut_off(node)) return ErrorCode::kRequestTimedOut;
  const TopicConfig& config = partition->topic->config;
  if (config.is_compacting && !config.is_deleting) return ErrorCode::kPolicyViolation;
  if (below < -1 || below > partition->high_watermark()) return ErrorCode::kOffsetOutOfRange;
  return std::nullopt;
}

DeleteRecordsResponse Housekeeping::delete_records(NodeId node,
                                                   const DeleteRecordsRequest& request) {
  DeleteRecordsResponse response;
  for (const auto& [id, below] : request.partitions) {
    Partition* partition = topics_.find(id);
    auto& answer = response.partitions.emplace_back();
    answer.partition = id;
    answer.error = refusal(node, partition, below);
    if (answer.error) continue;
    delete_records(*partition, below == -1 ? partition->high_watermark() : below);
    answer.low_watermark = partition->log().start_offset();
  }
  return response;
}

std::size_t Housekeeping::compact(Partition& partition) {
  const TopicConfig& config = partition.topic->config;
  const CompactionRules rules{.delete_retention_ms = config.delete_retention_ms,
                              .min_compaction_lag_ms = config.min_compaction_lag_ms};
  const std::int64_t wall_ms = core_.wall.time_since_epoch().count();
  const CompactionResult result =
      mock::compact(partition.log(), rules, wall_ms, partition.high_watermark());
  for (Replica& replica : partition.replicas) {
    if (&replica.log == &partition.log() || !follows(partition, replica)) continue;
    mock::compact(replica.log, rules, wall_ms, result.below);
  }
  partition.compacted_below = result.below;
  if (result.records_removed > 0) {
    core_.tell(&Observer::compacted,
               CompactionEvent{core_.now, partition.id, result.below, result.records_removed});
  }
  return result.records_removed;
}

void Housekeeping::compact_what_is_dirty() {
  for (auto& [name, topic] : topics_.all()) {
    if (!topic.config.is_compacting) continue;
    for (Partition& partition : topic.partitions) {
      if (partition.compacted_below < partition.high_watermark()) compact(partition);
    }
  }
}

}  // namespace rookery::mock
