// ending_set.h
//
// Partitions that end together, by a revocation or at shutdown, and how far that has come. Data;
// the connection moves it on.
#pragma once

#include <rookery/processing/partition.h>
#include <rookery/transport/group_consumer.h>

#include <memory>
#include <optional>
#include <vector>

namespace rookery {

struct EndingSet {
  enum class Phase {
    kQuiescing,   // running work may finish, to work_deadline
    kCommitting,  // what it finished is being committed, to commit_deadline
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
        return commit_deadline;
      case Phase::kDone:
        break;
    }
    return kNever;
  }
};

}  // namespace rookery
