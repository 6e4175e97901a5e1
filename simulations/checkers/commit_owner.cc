// commit_owner.cc
//
// Committed offsets never fall, but where user code seeks, and only the owner commits. A member
// that is giving a partition up (cooperative rebalancing) is its owner until another is given it.

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
    if (partition.committed && event.offset < *partition.committed && !partition.has_sought &&
        !goes_back_to_loss(model.log(event.partition), *partition.committed, event.offset)) {
      return breach(event, what + " after " + std::to_string(*partition.committed));
    }
    // A commit from outside the group has no process.
    if (event.process != kNone && partition.owner != event.process) {
      return breach(event, what + ", which belongs to " + process(partition.owner));
    }
    return std::nullopt;
  }

 private:
  // What was committed before is of a log that has lost its end since: as far as that, it may fall.
  static bool goes_back_to_loss(const PartitionLog& log, Offset before, Offset now) {
    const PartitionLog::Range* lost = log.lost_before(before);
    return lost != nullptr && now >= lost->from;
  }
};

}  // namespace

std::unique_ptr<Checker> make_commit_owner_checker(const History& history) {
  return std::make_unique<CommitOwner>(history);
}

}  // namespace rookery::sim
