// topics.h
//
// The cluster's topics with their partitions, by name. Creating and deleting; who leads is the
// controller's business.
//
// Replication is perfect so far: the replicas of a partition share one log, and whoever leads has
// all of it. A log for each replica, ISR and the high watermark behind the log's end have their
// place in Partition.
#pragma once

#include "mockbroker/cluster/core.h"
#include "mockbroker/cluster/log.h"
#include "mockbroker/cluster/producer_state.h"
#include "mockbroker/cluster/topic_config.h"

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::mock {

struct Topic;

struct Partition {
  TopicPartition id;
  const Topic* topic = nullptr;
  Placement placement;
  PartitionLog log;
  ProducerStates producers;
  std::vector<ReplyTo> waiting_fetches;  // in order of arrival
  Offset compacted_below = 0;            // where the last compaction ended

  // What consumers may read up to.
  Offset high_watermark() const { return log.end_offset(); }
};

struct Topic {
  std::string name;
  std::int16_t replication_factor = 1;
  TopicConfig config;
  std::map<std::string, std::string> settings;  // as given
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
  // Takes the topic out of the cluster and gives it away: what points to its partitions must be
  // told before they die.
  Result<ByName::node_type> remove(const std::string& name);

 private:
  Core& core_;
  ByName topics_;
  std::size_t created_ = 0;  // spreads the leaders
};

}  // namespace rookery::mock
