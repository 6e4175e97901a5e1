// topics.h
//
// The cluster's topics with their partitions, by name. Creating and deleting; who leads is the
// controller's business, and what the replicas hold that of replication.
#pragma once

#include "mockbroker/cluster/core.h"
#include "mockbroker/cluster/partition.h"
#include "mockbroker/cluster/topic_config.h"

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::mock {

struct Topic {
  std::string name;
  std::int16_t replication_factor = 1;
  TopicConfig config;
  std::map<std::string, std::string> settings;  // as given
  std::size_t place = 0;                        // the node of its first replica, and more
  std::uint64_t id = 0;                         // of no other topic, even of the same name
  std::deque<Partition> partitions;             // never move: others point to them
};

class Topics {
 public:
  using ByName = std::map<std::string, Topic, std::less<>>;

  explicit Topics(Core& core) : core_(core) {}

  // None: unknown.
  Topic* find(std::string_view name);
  Partition* find(const TopicPartition& id);
  const Partition* find(const TopicPartition& id) const;
  const ByName& all() const { return topics_; }
  ByName& all() { return topics_; }

  // Validates and creates; leaders are the first replicas that are up. -1 partitions or replication
  // factor: the cluster's default.
  Status create(const CreateTopicsRequest::Topic& wanted);
  // To so many partitions in all. Errors: kUnknownTopicOrPartition, kInvalidPartitions.
  Status grow(const std::string& name, std::int32_t count);
  // Takes the topic out of the cluster and gives it away: what points to its partitions must be
  // told before they die.
  Result<ByName::node_type> remove(const std::string& name);

 private:
  void add_partitions(Topic& topic, std::int32_t count);
  void place_leader(Partition& partition);

  Core& core_;
  ByName topics_;
  std::size_t created_ = 0;  // spreads the leaders
};

}  // namespace rookery::mock
