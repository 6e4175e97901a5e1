// cluster_witness.h
//
// What strikes cannot see from outside: whether the cluster felt them.
//
// Thread rules: as the cluster's.
#pragma once

#include <cstdint>
#include <map>

#include "mockbroker/cluster/observer.h"

namespace rookery::sim {

class ClusterWitness final : public mock::Observer {
 public:
  // How often a high watermark rose later than its records came: their followers had lagged.
  std::uint64_t late_high_watermarks() const { return late_high_watermarks_; }
  // How often a replica of the node came back without its last records: power was lost.
  std::uint64_t unflushed_replicas(NodeId node) const { return count(unflushed_replicas_, node); }

  // How often others became leaders of what the node had led.
  std::uint64_t deposed(NodeId node) const { return count(deposed_, node); }
  // How many unclean elections lost records of the partition.
  std::uint64_t unclean_losses(const TopicPartition& partition) const {
    return count(unclean_losses_, partition);
  }

  void leader_moved(const mock::LeaderEvent& event) override {
    if (event.old_leader >= 0 && event.new_leader != event.old_leader) ++deposed_[event.old_leader];
  }
  void lost(const mock::LossEvent& event) override {
    if (event.reason == mock::LossReason::kUncleanElection) ++unclean_losses_[event.partition];
  }
  void appended(const mock::AppendEvent& event) override {
    latest_append_[event.partition] = event.at;
  }
  void high_watermark_rose(const mock::HighWatermarkEvent& event) override {
    const auto latest = latest_append_.find(event.partition);
    if (latest != latest_append_.end() && latest->second < event.at) ++late_high_watermarks_;
  }
  void truncated(const mock::TruncationEvent& event) override {
    if (event.reason == mock::TruncationReason::kNotFlushed && event.end > event.from) {
      ++unflushed_replicas_[event.replica];
    }
  }

 private:
  template <class Key>
  static std::uint64_t count(const std::map<Key, std::uint64_t>& counts, const Key& key) {
    const auto found = counts.find(key);
    return found == counts.end() ? 0 : found->second;
  }

  std::map<TopicPartition, TimePoint> latest_append_;
  std::map<NodeId, std::uint64_t> unflushed_replicas_;
  std::map<NodeId, std::uint64_t> deposed_;
  std::map<TopicPartition, std::uint64_t> unclean_losses_;
  std::uint64_t late_high_watermarks_ = 0;
};

}  // namespace rookery::sim
