// topic_strikes.cc
//
// What befalls topics and their records.

#include <algorithm>

#include "mockbroker/cluster/inspection.h"
#include "simulations/world/strike.h"

namespace rookery::sim {
namespace {

// A topic of its own, made at the beginning and deleted at the end: everybody's metadata changes,
// and nobody loses anything.
class TopicDeletion final : public Strike {
 public:
  TopicDeletion(StrikeZone& zone, std::size_t index)
      : zone_(zone), topic_("rookery.bystander." + std::to_string(index)) {}

  bool begin() override {
    bool is_made = false;
    zone_.stage.network.with_cluster([&](mock::Cluster& cluster, TimePoint now) {
      mock::CreateTopicsRequest::Topic topic;
      topic.name = topic_;
      topic.partitions = 2;
      is_made = cluster.create_topic(now, topic).has_value();
    });
    return is_made;
  }
  void end() override {
    zone_.stage.network.with_cluster([&](mock::Cluster& cluster, TimePoint now) {
      is_deleted_ = cluster.delete_topic(now, topic_).has_value();
    });
  }
  bool is_effective() const override { return is_deleted_; }

 private:
  StrikeZone& zone_;
  const std::string topic_;
  bool is_deleted_ = false;
};

// Of a partition that a group reads, the oldest part goes, whether it was read or not. It takes
// effect when something was not.
class Retention final : public Strike {
 public:
  Retention(StrikeZone& zone, const Fault& fault) : zone_(zone), fault_(fault) {}

  bool begin() override {
    if (zone_.subscriptions.empty()) return false;
    // The first from there on that has something unread.
    for (std::size_t i = 0; i < zone_.subscriptions.size() && !is_effective_; ++i) {
      remove(zone_.subscriptions[(fault_.target + i) % zone_.subscriptions.size()]);
    }
    return is_effective_;
  }
  bool is_instant() const override { return true; }
  bool is_effective() const override { return is_effective_; }

 private:
  void remove(const Subscription& subscription) {
    const TopicPartition& partition = subscription.partition;
    zone_.stage.network.with_cluster([&](mock::Cluster& cluster, TimePoint now) {
      const Offset start = cluster.inspect().log_start(partition).value_or(0);
      const Offset end = cluster.inspect().high_watermark(partition).value_or(0);
      const auto committed = cluster.inspect().committed(subscription.group, partition);
      const Offset unread = std::max(start, committed ? committed->offset : start);
      const Offset goal = start + (end - start) * static_cast<Offset>(fault_.extent) / 100;
      if (goal <= unread) return;
      announce();
      is_effective_ = cluster.delete_records(now, partition, goal).has_value();
    });
  }

  StrikeZone& zone_;
  const Fault fault_;
  bool is_effective_ = false;
};

// More partitions, at once and for good: keys go elsewhere from then on, and groups have more to
// share.
class PartitionGrowth final : public Strike {
 public:
  PartitionGrowth(StrikeZone& zone, const Fault& fault) : zone_(zone), fault_(fault) {}

  bool begin() override {
    if (zone_.subscriptions.empty()) return false;
    const Subscription& subscription =
        zone_.subscriptions[fault_.target % zone_.subscriptions.size()];
    const std::string topic = subscription.partition.topic;
    bool has_grown = false;
    zone_.stage.network.with_cluster([&](mock::Cluster& cluster, TimePoint now) {
      const std::int32_t before = cluster.inspect().partition_count(topic).value_or(0);
      const auto more = static_cast<std::int32_t>(fault_.extent);
      has_grown = cluster.create_partitions(now, topic, before + more).has_value();
    });
    return has_grown;
  }
  bool is_instant() const override { return true; }
  bool is_effective() const override { return true; }

 private:
  StrikeZone& zone_;
  const Fault fault_;
};

}  // namespace

std::unique_ptr<Strike> make_topic_strike(StrikeZone& zone, std::size_t index, const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kTopicDeletion:
      return std::make_unique<TopicDeletion>(zone, index);
    case FaultKind::kRetention:
      return std::make_unique<Retention>(zone, fault);
    case FaultKind::kPartitionGrowth:
      return std::make_unique<PartitionGrowth>(zone, fault);
    default:
      return nullptr;
  }
}

}  // namespace rookery::sim
