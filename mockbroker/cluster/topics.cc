// topics.cc
//
// Replicas are placed round the nodes, each topic beginning one node further than the last.
#include "mockbroker/cluster/topics.h"

#include <algorithm>
#include <utility>

namespace rookery::mock {

// A new partition's replicas in sync are those whose nodes are up; with none of them, all.
void Topics::place_leader(Partition& partition) {
  Placement& placement = partition.placement;
  placement.leader = placement.first_electable(core_);
  for (std::size_t i = 0; i < partition.replicas.size(); ++i) {
    Replica& replica = partition.replicas[i];
    replica.is_in_sync = placement.leader < 0 || core_.is_electable(replica.node);
    replica.caught_up_at = core_.now;
    if (replica.node != placement.leader) continue;
    partition.holder = i;
    partition.incarnation = core_.nodes[static_cast<std::size_t>(replica.node)].incarnation;
  }
  partition.log().begin_epoch(placement.epoch);
}

Topic* Topics::find(std::string_view name) {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : &found->second;
}

Partition* Topics::find(const TopicPartition& id) {
  Topic* topic = find(id.topic);
  if (!topic || id.partition < 0) return nullptr;
  const auto index = static_cast<std::size_t>(id.partition);
  return index < topic->partitions.size() ? &topic->partitions[index] : nullptr;
}

const Partition* Topics::find(const TopicPartition& id) const {
  return const_cast<Topics*>(this)->find(id);
}

Status Topics::create(const CreateTopicsRequest::Topic& wanted) {
  const auto& name = wanted.name;
  if (const Status valid = validate_topic_name(name); !valid) return valid;
  if (topics_.contains(name)) {
    return fail(ErrorCode::kTopicAlreadyExists, "Topic '" + name + "' already exists.");
  }
  for (const auto& [other, topic] : topics_) {
    if (topic_names_collide(name, other)) {
      return fail(ErrorCode::kInvalidTopic,
                  "Topic '" + name + "' collides with existing topic: " + other);
    }
  }
  const std::int32_t partitions =
      wanted.partitions == -1 ? core_.options.default_partitions : wanted.partitions;
  if (partitions < 1) {
    return fail(ErrorCode::kInvalidPartitions,
                "Number of partitions was set to an invalid non-positive value: " +
                    std::to_string(partitions));
  }
  const auto nodes = static_cast<std::int16_t>(core_.nodes.size());
  const std::int16_t replicas = wanted.replication_factor == -1
                                    ? std::min(nodes, core_.options.default_replication_factor)
                                    : wanted.replication_factor;
  if (replicas < 1) {
    return fail(ErrorCode::kInvalidReplicationFactor,
                "Replication factor must be larger than 0, or -1 to use the default value.");
  }
  if (replicas > nodes) {
    return fail(ErrorCode::kInvalidReplicationFactor,
                "Unable to replicate the partition " + std::to_string(replicas) +
                    " time(s): only " + std::to_string(nodes) + " broker(s) are registered.");
  }
  auto config = parse_topic_config(wanted.config);
  if (!config) return fail(config.error());

  Topic& topic = topics_[name];
  topic.name = name;
  topic.replication_factor = replicas;
  topic.config = *config;
  topic.settings = wanted.config;
  topic.place = created_;
  topic.id = ++created_;
  core_.tell(&Observer::topic_created, TopicEvent{core_.now, topic.name, partitions});
  add_partitions(topic, partitions);
  return {};
}

void Topics::add_partitions(Topic& topic, std::int32_t count) {
  const std::size_t first = topic.partitions.size();
  for (std::size_t i = first; i < static_cast<std::size_t>(count); ++i) {
    Partition& partition = topic.partitions.emplace_back();
    partition.id = {topic.name, static_cast<PartitionId>(i)};
    partition.topic = &topic;
    for (std::int16_t r = 0; r < topic.replication_factor; ++r) {
      const std::size_t place = topic.place + i + static_cast<std::size_t>(r);
      const auto node = static_cast<NodeId>(place % core_.nodes.size());
      partition.placement.replicas.push_back(node);
      partition.replicas.emplace_back().node = node;
    }
    place_leader(partition);
    core_.tell(&Observer::leader_moved,
               LeaderEvent{core_.now, partition.id, -1, partition.placement.leader, 0});
  }
}

Status Topics::grow(const std::string& name, std::int32_t count) {
  Topic* topic = find(name);
  if (!topic) {
    return fail(ErrorCode::kUnknownTopicOrPartition, "Topic '" + name + "' does not exist.");
  }
  const auto old = static_cast<std::int32_t>(topic->partitions.size());
  if (count <= old) {
    return fail(ErrorCode::kInvalidPartitions,
                "The topic " + name + " currently has " + std::to_string(old) + " partition(s); " +
                    std::to_string(count) + " would not be an increase.");
  }
  core_.tell(&Observer::topic_grew, TopicEvent{core_.now, topic->name, count});
  add_partitions(*topic, count);
  return {};
}

Result<Topics::ByName::node_type> Topics::remove(const std::string& name) {
  const auto found = topics_.find(name);
  if (found == topics_.end()) {
    return fail(ErrorCode::kUnknownTopicOrPartition, "Topic '" + name + "' does not exist.");
  }
  ByName::node_type removed = topics_.extract(found);
  core_.tell(
      &Observer::topic_deleted,
      TopicEvent{core_.now, name, static_cast<std::int32_t>(removed.mapped().partitions.size())});
  return removed;
}

}  // namespace rookery::mock
