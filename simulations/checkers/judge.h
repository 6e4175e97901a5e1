// judge.h
//
// All promises over one history. The first broken one counts: what follows it proves nothing.
//
//   Judge judge(history);
//   judge.on_breach([&](const Breach& breach) { ... });
//   ...                        // events are judged as they are added to the history
//   judge.finish(expectations);
//
// Subscribes to the history, which it must not outlive.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "simulations/checkers/checker.h"

namespace rookery::sim {

class Judge {
 public:
  explicit Judge(History& history);
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;

  // Called once, within History::add or finish; may not return.
  void on_breach(std::function<void(const Breach&)> handler) { handler_ = std::move(handler); }
  // See Model.
  void set_latest(GroupIndex group) { model_.set_latest(group); }
  void set_order(GroupIndex group, PartitionIndex partition, const RunOrder& order) {
    model_.set_order(group, partition, order);
  }
  void set_foreign(GroupIndex group, PartitionIndex partition, Offset offset) {
    model_.set_foreign(group, partition, offset);
  }
  // When everything is drained.
  void finish(const Expectations& expectations);

  const std::optional<Breach>& breach() const { return breach_; }
  const Model& model() const { return model_; }

 private:
  void judge(const Event& event);
  void tell(Breach breach);

  Model model_;
  std::vector<std::unique_ptr<Checker>> checkers_;
  std::function<void(const Breach&)> handler_;
  std::optional<Breach> breach_;
};

}  // namespace rookery::sim
