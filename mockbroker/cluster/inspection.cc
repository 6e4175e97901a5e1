// inspection.cc
//
// Copies of what is there.
#include "mockbroker/cluster/inspection.h"

#include "mockbroker/cluster/controller.h"
#include "mockbroker/cluster/groups.h"

#include <set>

namespace rookery::mock {
namespace {

std::vector<StoredRecord> read_log(const PartitionLog& log, Offset from, Offset end) {
  std::vector<StoredRecord> records;
  for (const LogEntry& entry : log.entries()) {
    if (entry.last_offset() >= end) break;
    BlockRecord record;
    for (const char* at = entry.block->begin(); at < entry.block->end();) {
      at = RecordBlock::read(at, record);
      const Offset offset = entry.base_offset + record.offset_delta;
      if (offset < from || offset < log.start_offset()) continue;
      records.push_back({offset, entry.leader_epoch, record.timestamp_ms, record.key, record.value,
                         decode_headers(record.headers)});
    }
  }
  return records;
}

}  // namespace

NodeId Inspection::controller() const { return controller_.node(); }

std::vector<NodeId> Inspection::nodes_up() const {
  std::vector<NodeId> up;
  for (std::size_t i = 0; i < core_.nodes.size(); ++i) {
    if (core_.nodes[i].is_up) up.push_back(static_cast<NodeId>(i));
  }
  return up;
}

std::vector<std::string> Inspection::topics() const {
  std::vector<std::string> names;
  for (const auto& [name, topic] : topics_.all()) names.push_back(name);
  return names;
}

std::optional<std::int32_t> Inspection::partition_count(const std::string& topic) const {
  const auto found = topics_.all().find(topic);
  if (found == topics_.all().end()) return std::nullopt;
  return static_cast<std::int32_t>(found->second.partitions.size());
}

std::map<std::string, std::string> Inspection::topic_settings(const std::string& topic) const {
  const auto found = topics_.all().find(topic);
  if (found == topics_.all().end()) return {};
  return found->second.settings;
}

std::vector<TopicPartition> Inspection::partitions() const {
  std::vector<TopicPartition> ids;
  for (const auto& [name, topic] : topics_.all()) {
    for (const Partition& partition : topic.partitions) ids.push_back(partition.id);
  }
  return ids;
}

std::optional<Placement> Inspection::placement(const TopicPartition& partition) const {
  const Partition* found = topics_.find(partition);
  if (!found) return std::nullopt;
  return found->placement;
}

std::optional<Offset> Inspection::log_start(const TopicPartition& partition) const {
  const Partition* found = topics_.find(partition);
  if (!found) return std::nullopt;
  return found->log().start_offset();
}

std::optional<Offset> Inspection::high_watermark(const TopicPartition& partition) const {
  const Partition* found = topics_.find(partition);
  if (!found) return std::nullopt;
  return found->high_watermark();
}

std::optional<std::size_t> Inspection::log_size_bytes(const TopicPartition& partition) const {
  const Partition* found = topics_.find(partition);
  if (!found) return std::nullopt;
  return found->log().size_bytes();
}

std::optional<Offset> Inspection::log_end(const TopicPartition& partition) const {
  const Partition* found = topics_.find(partition);
  if (!found) return std::nullopt;
  return found->log().end_offset();
}

std::vector<ReplicaDescription> Inspection::replicas(const TopicPartition& partition) const {
  std::vector<ReplicaDescription> replicas;
  const Partition* found = topics_.find(partition);
  if (!found) return replicas;
  for (const Replica& replica : found->replicas) {
    replicas.push_back({replica.node, replica.log.start_offset(), replica.log.end_offset(),
                        replica.high_watermark, replica.is_in_sync});
  }
  return replicas;
}

std::vector<NodeId> Inspection::in_sync(const TopicPartition& partition) const {
  std::vector<NodeId> nodes;
  for (const ReplicaDescription& replica : replicas(partition)) {
    if (replica.is_in_sync) nodes.push_back(replica.node);
  }
  return nodes;
}

std::vector<StoredRecord> Inspection::records_of(const TopicPartition& partition,
                                                 NodeId replica) const {
  const Partition* found = topics_.find(partition);
  if (!found) return {};
  for (const Replica& one : found->replicas) {
    if (one.node == replica) return read_log(one.log, 0, one.log.end_offset());
  }
  return {};
}

std::vector<StoredRecord> Inspection::records(const TopicPartition& partition, Offset from) const {
  const Partition* found = topics_.find(partition);
  if (!found) return {};
  return read_log(found->log(), from, found->high_watermark());
}

std::vector<std::string> Inspection::groups() const {
  std::set<std::string> names;
  for (const auto& [name, stored] : groups_.stored()) names.insert(name);
  for (const auto& [name, group] : groups_.loaded()) names.insert(name);
  return {names.begin(), names.end()};
}

GroupDescription Inspection::group(const std::string& name) const {
  GroupDescription description{.coordinator = groups_.coordinator(name)};
  const Group* group = groups_.find(name);
  const auto stored = groups_.stored().find(name);
  if (group) {
    description.state = group->state;
    description.is_loaded = true;
    description.generation = group->generation;
    description.protocol = group->protocol;
    description.leader = group->leader;
    description.pending = group->pending.size();
    description.timers =
        (group->join_deadline.is_set() ? 1 : 0) + (group->sync_deadline.is_set() ? 1 : 0);
    for (const auto& [id, timer] : group->pending) description.timers += timer.is_set() ? 1 : 0;
    for (const auto& [id, member] : group->members) {
      description.timers += member.session.is_set() ? 1 : 0;
      std::set<std::string> topics;
      for (const auto& protocol : member.protocols) {
        topics.insert(protocol.subscription.topics.begin(), protocol.subscription.topics.end());
      }
      description.members.push_back({id,
                                     member.instance_id,
                                     member.client_id,
                                     {topics.begin(), topics.end()},
                                     member.assignment,
                                     member.awaiting_join.has_value(),
                                     member.awaiting_sync.has_value()});
    }
  } else if (stored != groups_.stored().end()) {
    description.state = stored->second.members.empty() ? GroupState::kEmpty : GroupState::kStable;
    description.generation = stored->second.generation;
    description.protocol = stored->second.protocol;
    description.leader = stored->second.leader;
    for (const StoredMember& member : stored->second.members) {
      description.members.push_back({member.id, member.instance_id, member.client_id,
                                     member.subscription.topics, member.assignment});
    }
  }
  return description;
}

NodeId Inspection::coordinator(const std::string& group) const {
  return groups_.coordinator(group);
}

int Inspection::coordinator_slot(const std::string& group) { return Groups::slot_of(group); }

std::optional<CommittedOffset> Inspection::committed(const std::string& group,
                                                     const TopicPartition& partition) const {
  const auto all = committed(group);
  const auto found = all.find(partition);
  if (found == all.end()) return std::nullopt;
  return found->second;
}

std::map<TopicPartition, CommittedOffset> Inspection::committed(const std::string& group) const {
  const auto stored = groups_.stored().find(group);
  if (stored == groups_.stored().end()) return {};
  return stored->second.offsets;
}

}  // namespace rookery::mock
