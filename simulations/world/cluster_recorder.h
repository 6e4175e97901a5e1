// cluster_recorder.h
//
// What the cluster acknowledges, written into the history.
#pragma once

#include "mockbroker/cluster/observer.h"
#include "simulations/world/stage.h"

namespace rookery::sim {

class ClusterRecorder final : public mock::Observer {
 public:
  explicit ClusterRecorder(Stage& stage) : stage_(stage) {}

  void appended(const mock::AppendEvent& event) override;
  void lost(const mock::LossEvent& event) override;
  void log_start_moved(const mock::LogStartEvent& event) override;
  void committed(const mock::CommitEvent& event) override;
  void generation_completed(const mock::GenerationEvent& event) override;

  std::uint64_t generations() const { return generations_; }

 private:
  ProcessIndex process_of(const std::string& member_id) const;

  Stage& stage_;
  std::uint64_t generations_ = 0;
};

}  // namespace rookery::sim
