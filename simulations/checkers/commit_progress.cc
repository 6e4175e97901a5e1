// commit_progress.cc
//
// A committed offset never passes a record whose work or outputs are not done. What the user has
// marked counts as done as far as commits go: a record marked too early is a loss, found as one.

#include <algorithm>
#include <map>
#include <utility>

#include "simulations/checkers/checker.h"

namespace rookery::sim {
namespace {

class CommitProgress final : public Checker {
 public:
  explicit CommitProgress(const History& history) : Checker(history) {}
  const char* promise() const override { return "commit never past undone work"; }

  std::optional<Breach> check(const Model& model, const Event& event) override {
    if (event.kind == EventKind::kLost || event.kind == EventKind::kLostLegally) {
      forget(model.log(event.partition).place_of(event.offset), event.partition);
    }
    if (event.kind != EventKind::kCommitted) return std::nullopt;
    const PartitionLog& log = model.log(event.partition);
    if (event.offset > log.end_offset() && log.lost_before(event.offset) == nullptr) {
      return breach(event, "committed " + record(event.partition, event.offset) +
                               " though the log ends at " + std::to_string(log.end_offset()));
    }
    const GroupPartition& partition = model.group_partition(event.group, event.partition);
    // A group that begins at the end may commit it before anything comes.
    const bool is_beginning = !partition.committed && partition.progress.empty();
    if (model.is_latest(event.group) && is_beginning) return std::nullopt;
    std::size_t& proven = proven_[{event.group, event.partition}];
    for (const std::size_t end = log.place_of(event.offset); proven < end; ++proven) {
      const GroupPartition::Progress& progress = partition.look_at(proven);
      if (progress.is_done || model.is_excused(event.group, event.partition, proven)) continue;
      // By what it knew of those that were lost there.
      if (log.is_excused(log[proven].offset)) continue;
      const Run* run = progress.last_run == 0 ? nullptr : model.run(progress.last_run);
      const bool are_outputs_safe =
          run == nullptr || (run->outputs_open == 0 && !run->has_failed_output);
      if (progress.is_marked && are_outputs_safe) continue;
      std::string why = "was never consumed";
      if (run != nullptr) {
        const std::string on = " on " + process(run->process);
        if (!are_outputs_safe) {
          why = "has an output that is not acknowledged" + on;
        } else if (run->has_thrown) {
          why = "threw" + on + " and has not run again";
        } else {
          why = "is still running" + on + ", or ended with it";
        }
      }
      return breach(event, process(event.process) + " committed " + std::to_string(event.offset) +
                               " although " + record(event.partition, log[proven].offset) + " " +
                               why);
    }
    return std::nullopt;
  }

 private:
  void forget(std::size_t from, PartitionIndex lost_in) {
    for (auto& [key, proven] : proven_) {
      if (key.second == lost_in) proven = std::min(proven, from);
    }
  }

  // How many records from the log's start were found done.
  std::map<std::pair<GroupIndex, PartitionIndex>, std::size_t> proven_;
};

}  // namespace

std::unique_ptr<Checker> make_commit_progress_checker(const History& history) {
  return std::make_unique<CommitProgress>(history);
}

}  // namespace rookery::sim
