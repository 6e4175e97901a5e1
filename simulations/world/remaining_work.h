// remaining_work.h
//
// What a run has left to do once its faults are over.
//
// Thread rules: the world's fibers.
#pragma once

#include <string>
#include <vector>

#include "simulations/checkers/checker.h"
#include "simulations/history/history.h"
#include "simulations/world/cluster_recorder.h"
#include "simulations/world/producer_process.h"
#include "simulations/world/stage.h"
#include "simulations/world/strike.h"

namespace rookery::sim {

class RemainingWork {
 public:
  // All outlive it.
  RemainingWork(Stage& stage, const ClusterRecorder& recorder, const ProducerProcess& producer,
                const Servers& servers, const std::vector<std::string>& groups,
                const std::vector<Expectations::Subscription>& subscriptions, TimePoint healed_at);

  bool is_none() const { return text().empty() && !may_be_unaware(); }
  // A line for each thing that is missing, told so that a person sees which; empty: nothing is.
  std::string text() const;
  // The partition that the first such line is about.
  TimelineOptions first_behind() const;

 private:
  Offset committed(const Expectations::Subscription& subscription) const;
  Offset end(const Expectations::Subscription& subscription) const;
  std::string text_of_group(const std::string& name) const;
  bool may_be_unaware() const;

  Stage& stage_;
  const ClusterRecorder& recorder_;
  const ProducerProcess& producer_;
  const Servers& servers_;
  const std::vector<std::string>& groups_;
  const std::vector<Expectations::Subscription>& subscriptions_;
  const TimePoint healed_at_;
};

}  // namespace rookery::sim
