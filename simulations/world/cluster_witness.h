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

  void appended(const mock::AppendEvent& event) override {
    latest_append_[event.partition] = event.at;
  }
  void high_watermark_rose(const mock::HighWatermarkEvent& event) override {
    const auto latest = latest_append_.find(event.partition);
    if (latest != latest_append_.end() && latest->second < event.at) ++late_high_watermarks_;
  }

 private:
  std::map<TopicPartition, TimePoint> latest_append_;
  std::uint64_t late_high_watermarks_ = 0;
};

}  // namespace rookery::sim
