// commit_owner.cc
//
// Committed offsets never fall, and only the owner commits. A member that is giving a partition up
// (cooperative rebalancing) is its owner until another is given it.

#include "simulations/checkers/checker.h"

namespace rookery::sim {
namespace {

class CommitOwner final : public Checker {
 public:
  explicit CommitOwner(const History& history) : Checker(history) {}
  const char* promise() const override { return "commits only forwards, by the owner"; }

  std::optional<Breach> check(const Model& model, const Event& event) override {
    if (event.kind != EventKind::kCommitted) return std::nullopt;
    const GroupPartition& partition = model.group_partition(event.group, event.partition);
    const std::string what = process(event.process) + " committed " + std::to_string(event.offset) +
                             " for " + history_.partition_name(event.partition).text();
    if (partition.committed && event.offset < *partition.committed) {
      return breach(event, what + " after " + std::to_string(*partition.committed));
    }
    // A commit from outside the group has no process.
    if (event.process != kNone && partition.owner != event.process) {
      return breach(event, what + ", which belongs to " + process(partition.owner));
    }
    return std::nullopt;
  }
};

}  // namespace

std::unique_ptr<Checker> make_commit_owner_checker(const History& history) {
  return std::make_unique<CommitOwner>(history);
}

}  // namespace rookery::sim
