// record_watch.h
//
// What groups that live see of the records: where they begin, in which order they are handed out,
// and that none is handed out when its partition is given away, or to nobody at all.
//
// Part of GroupWatch, whose rules are its own: a violation ends the run under the promise's name.
// After records were lost by the cluster (LossEvent) nothing is said of positions in that
// partition, and nothing is owed of what was lost.
#pragma once

#include <rookery/transport/group_consumer.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/cluster/observer.h"
#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {

class RecordWatch {
 public:
  // ---- What user code does and is told

  void assigned(const std::string& client, const std::string& group,
                const AssignedPartition& partition);
  // The next is told of its newest events.
  void events_taken(const std::string& client) { sought_.erase(client); }
  // User code was told: nothing is handed out between that and the hand-back.
  void revoked(const std::string& client, AssignmentId assignment);
  // The call has returned.
  void given_back(const std::string& client, AssignmentId assignment);
  // Whether one of the two has happened.
  bool is_revoked(const std::string& client, AssignmentId assignment) const;
  // With success: the next record is this one.
  void sought(const std::string& client, const TopicPartition& partition, AssignmentId assignment,
              Offset offset);
  // `was_revoked`: when the take began.
  void took(const std::string& client, AssignmentId assignment, bool was_revoked,
            const std::vector<Offset>& offsets);
  // The first record that the group has not seen yet; empty: it saw all there are.
  std::string unseen(const std::string& group) const;
  std::uint64_t records() const { return records_; }  // that were appended

  // ---- The wire and the cluster

  // The assignment that follows is of the generation it has just learnt of.
  void synced(const std::string& client) { synced_[client] = scheduler_.time(); }
  void appended(const mock::AppendEvent& event);
  void lost(const mock::LossEvent& event);
  void committed(const mock::CommitEvent& event);

 private:
  using GroupPartition = std::pair<std::string, TopicPartition>;
  struct Place {
    TopicPartition partition;
    std::string group;
    std::optional<Offset> next;  // none: not known
    bool has_begun = false;      // records were handed out, or it was sought
    bool is_revoked = false;
    bool is_given_back = false;
  };
  struct Log {
    Offset end = 0;
    Offset lost_below = 0;  // some below were lost
    bool was_cut = false;
  };
  struct Commit {
    TimePoint at;
    Offset offset;
  };

  void check_committed(const std::string& client, const std::string& group,
                       const AssignedPartition& partition) const;
  void check_next(const std::string& client, const Place& place, Offset offset) const;

  Scheduler& scheduler_ = *Scheduler::current();
  std::map<std::pair<std::string, std::uint64_t>, Place> places_;  // by client and assignment
  // Since its events were taken last: who seeks may already have another assignment.
  std::map<std::string, std::set<TopicPartition>> sought_;
  std::map<std::string, TimePoint> synced_;
  std::map<TopicPartition, Log> logs_;
  std::map<GroupPartition, std::vector<bool>> seen_;
  std::map<GroupPartition, std::vector<Commit>> commits_;  // in order
  std::uint64_t records_ = 0;
};

}  // namespace rookery::sim
