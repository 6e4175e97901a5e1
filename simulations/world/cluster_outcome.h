// cluster_outcome.h
//
// What a run left in its cluster, for checks of the user's own.
#pragma once

#include <string>
#include <vector>

#include "mockbroker/cluster/cluster.h"
#include "simulations/world/cluster_recorder.h"
#include "simulations/world/plan.h"

namespace rookery::sim {

class ClusterOutcome final : public testing::Outcome {
 public:
  // Both outlive it.
  ClusterOutcome(const mock::Cluster& cluster, const ClusterRecorder& recorder)
      : cluster_(cluster), recorder_(recorder) {}

  std::vector<StoredRecord> records(const std::string& topic) const override;
  std::vector<LostRecord> lost_records(const std::string& topic) const override;

 private:
  const mock::Cluster& cluster_;
  const ClusterRecorder& recorder_;
};

}  // namespace rookery::sim
