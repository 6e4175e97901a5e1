// ending_set.h
//
// Partitions that end together, by a revocation or at shutdown, and how far that has come. Data;
// the connection moves it on.
#pragma once

#include <rookery/processing/partition.h>
#include <rookery/transport/group_consumer.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

namespace rookery {

struct EndingSet {
  enum class Phase {
    kQuiescing,   // running work may finish, to work_deadline
    kCommitting,  // what it finished is being committed, again if need be, to commit_deadline
    kDone,
  };

  std::optional<RevocationId> revocation;  // none: shutdown
  Ending ending = Ending::kRevoked;
  std::vector<std::shared_ptr<Partition>> partitions;
  Phase phase = Phase::kQuiescing;
  TimePoint work_deadline = kNever;
  TimePoint commit_deadline = kNever;
  CommitId commit;
  bool is_commit_answered = true;
  bool has_commit_failed = false;      // the answered one
  TimePoint commit_again_at = kNever;  // ... and is tried again

  bool has(AssignmentId assignment) const {
    return std::any_of(partitions.begin(), partitions.end(), [assignment](const auto& partition) {
      return partition->assignment() == assignment;
    });
  }
  std::vector<AssignmentId> assignments() const {
    std::vector<AssignmentId> out;
    for (const auto& partition : partitions) out.push_back(partition->assignment());
    return out;
  }
  bool is_quiesced() const {
    for (const auto& partition : partitions) {
      if (!partition->is_quiesced()) return false;
    }
    return true;
  }
  TimePoint next_deadline() const {
    switch (phase) {
      case Phase::kQuiescing:
        return work_deadline;
      case Phase::kCommitting:
        return std::min(commit_deadline, commit_again_at);
      case Phase::kDone:
        break;
    }
    return kNever;
  }
};

}  // namespace rookery
