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
  std::uint64_t unflushed_replicas(NodeId node) const {
    const auto found = unflushed_replicas_.find(node);
    return found == unflushed_replicas_.end() ? 0 : found->second;
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
  std::map<TopicPartition, TimePoint> latest_append_;
  std::map<NodeId, std::uint64_t> unflushed_replicas_;
  std::uint64_t late_high_watermarks_ = 0;
};

}  // namespace rookery::sim
