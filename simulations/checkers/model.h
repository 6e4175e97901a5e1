// model.h
//
// What a history amounts to so far: the logs as the cluster holds them, who owns what, and how far
// user code is with each record. The checkers' common ground, built from events alone.
//
// Belongs to one run; not thread-safe.
#pragma once

#include <rookery/base/topic_partition.h>
#include <rookery/runtime/time_types.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "simulations/checkers/ownership.h"
#include "simulations/history/history.h"
#include "simulations/history/run_order.h"

namespace rookery::sim {

// The records of one partition that the cluster's leaders have held. Offsets may have gaps. What
// retention has removed stays listed, below removed_below().
class PartitionLog {
 public:
  struct Entry {
    Offset offset = 0;
    std::uint64_t hash = 0;
    std::uint64_t key = 0;     // 0: it has none
    bool is_weak = false;      // written with acks=1 or 0
    bool is_produced = false;  // the run's own producer knows it as acknowledged
    bool is_output = false;    // user code's does
    bool is_restored = false;  // it was lost once
    // The place of the record before it with its key; kNowhere: it is the first, or has none.
    std::size_t before_in_key = kNowhere;
  };
  static constexpr std::size_t kNowhere = SIZE_MAX;

  void append(Entry entry);
  // What an older leader wrote comes back: a consumer that followed another goes back to the end of
  // the last epoch that both know (KIP-320), which may lie behind it.
  void restore(Entry entry);
  // Acknowledged to the run's own producer: the record of that content, if it is still there.
  void note_produced(Offset offset, std::uint64_t hash);
  void note_output(Offset offset);
  // No leader has what lies at the offset or after it any more. `is_legal`: whoever saw it.
  void cut(Offset from, bool is_legal);
  // Acknowledged to the run's own producer, and lost all the same.
  std::uint64_t lost() const { return lost_; }
  // What was lost legally and took these offsets: others may lie there now. A consumer that knew
  // the old ones may pass over the new ones, run them again, and commit by what it knew, until it
  // learns better and goes back (KIP-320): in the end the new ones are owed as all others are.
  struct Range {
    Offset from = 0;
    Offset below = 0;  // where the log ended before
  };
  const std::vector<Range>& excused() const { return excused_; }
  bool is_excused(Offset offset) const;
  // Committed, or next to be consumed, by somebody who knew what was lost: null, or the loss; of
  // several the one that goes back furthest.
  const Range* lost_before(Offset offset) const;
  std::size_t size() const { return entries_.size(); }
  const Entry& operator[](std::size_t index) const { return entries_[index]; }
  // The place of the first record at the offset or after it; size() when there is none.
  std::size_t place_of(Offset offset) const;
  bool holds(Offset offset) const;
  void remove_below(Offset offset) { removed_below_ = std::max(removed_below_, offset); }
  // The place of the first record that is still held.
  std::size_t held_from() const { return place_of(removed_below_); }
  // One past the last record.
  Offset end_offset() const { return entries_.empty() ? 0 : entries_.back().offset + 1; }

 private:
  std::vector<Entry> entries_;
  std::map<std::uint64_t, std::size_t> last_of_key_;
  Offset removed_below_ = 0;
  std::vector<Range> excused_;
  std::uint64_t lost_ = 0;
};

// One run of one record through user code.
struct Run {
  ProcessIndex process = kNone;
  GroupIndex group = kNone;
  PartitionIndex partition = kNone;
  OwnershipId ownership = kNone;
  ConsumerId consumer = kNone;
  RunId batch = 0;
  Offset offset = -1;
  std::size_t place = 0;  // in the partition's log
  bool is_lost = false;   // its record is not there any more, or was not when it started
  // So by a seek to it, or below: what was marked in time may have been committed as done before.
  bool is_sought_past = false;
  bool awaits_commit = false;  // user code waits until what it has marked is committed
  std::uint32_t outputs_open = 0;
  bool has_returned = false;
  bool has_thrown = false;
  bool has_failed_output = false;

  bool is_open() const { return !has_returned && !has_thrown; }
  // Its work is done, and what it sent is safe.
  bool is_complete() const { return has_returned && outputs_open == 0 && !has_failed_output; }
};

// One partition as one group sees it.
struct GroupPartition {
  // Per record, by its place in the log.
  struct Progress {
    RunId last_run = 0;
    std::uint32_t returns = 0;  // how often user code returned from it
    bool is_done = false;       // a run of it completed
    bool is_marked = false;     // by the user
    bool is_filtered = false;   // an owner's filters have dropped it, or its seek passed it by
  };

  std::optional<Offset> committed;
  ProcessIndex owner = kNone;                     // given it by the latest generation that did
  std::optional<Offset> committed_when_assigned;  // of the owner
  std::set<ProcessIndex> owners;                  // all there ever were
  OwnershipId newest_ownership = kNone;           // in which a record has started
  // Where a consumer began, or first committed, that had no commit to begin at. In a group that
  // begins at the end of partitions (auto.offset.reset=latest) nobody is owed what lies before.
  std::size_t begun_without_commit = 0;
  bool has_sought = false;  // an owner's user code: what is committed may fall
  std::vector<Progress> progress;

  Progress& at(std::size_t place) {
    if (place >= progress.size()) progress.resize(place + 1);
    return progress[place];
  }
  // Never past the end.
  const Progress& look_at(std::size_t place) const {
    static const Progress kUntouched;
    return place < progress.size() ? progress[place] : kUntouched;
  }
};

struct GroupView {
  std::int64_t generation = -1;
  TimePoint generation_at{};
  std::set<ProcessIndex> members;  // of that generation
};

struct ProcessView {
  bool is_alive = true;
  bool is_paused = false;
  TimePoint disturbed_at{};  // when it was last paused, resumed, cut off or reachable again
};

class Model {
 private:
  using Key = std::pair<GroupIndex, PartitionIndex>;

 public:
  // The group begins where partitions end, without a commit to begin at.
  void set_latest(GroupIndex group) { latest_.insert(group); }
  bool is_latest(GroupIndex group) const { return latest_.contains(group); }
  // Before the group consumes the partition; otherwise: all of it, one at a time.
  void set_order(GroupIndex group, PartitionIndex partition, const RunOrder& order);
  RunOrder order_of(GroupIndex group, PartitionIndex partition) const;
  // The group is a parallel segment, and what is about to be appended there is another's.
  void set_foreign(GroupIndex group, PartitionIndex partition, Offset offset) {
    foreign_[Key(group, partition)].insert(offset);
  }
  bool is_foreign(GroupIndex group, PartitionIndex partition, Offset offset) const {
    const auto found = foreign_.find(Key(group, partition));
    return found != foreign_.end() && found->second.contains(offset);
  }
  void apply(const Event& event);

  const PartitionLog& log(PartitionIndex partition) const;
  const GroupPartition& group_partition(GroupIndex group, PartitionIndex partition) const;
  const GroupView& group(GroupIndex group) const;
  const ProcessView& process(ProcessIndex process) const;
  // Null: no record has started in it.
  const OwnershipView* ownership(OwnershipId ownership) const;
  // Null: it has not started a record.
  const ConsumerView* consumer(ConsumerId consumer) const;
  const std::vector<ConsumerView>& consumers() const { return consumers_; }
  // The newest ownership of the event's process, group and partition. Null: there is none.
  const OwnershipView* ownership_of(const Event& event) const;
  // Null: unknown.
  const Run* run(RunId run) const { return run < runs_.size() ? &runs_[run] : nullptr; }
  // The content of a send; none when unknown.
  std::optional<std::uint64_t> sent_hash(SendId send) const;

  // Whether the group is not owed the record: retention took it, the group began behind it or is
  // another segment, or an unclean election brought it back.
  bool is_excused(GroupIndex group, PartitionIndex partition, std::size_t place) const;

  // When a fault last began or ended.
  TimePoint fault_at() const { return fault_at_; }
  // Records from which user code returned more than once in one group: each time but the first.
  std::uint64_t duplicates() const { return duplicates_; }

 private:
  void start(const Event& event);
  void end(const Event& event);
  void settle(const Run& run);
  void lose(const Event& event);
  void seek(const Event& event);
  void mark(const Event& event);
  void crash(ProcessIndex process);
  void fail_output(const Event& event);
  OwnershipView* own_of(const Event& event);
  void give_up(const Event& event);
  GroupPartition::Progress& progress_of(const Event& event);
  ProcessView& process_at(ProcessIndex process);
  GroupView& group_at(GroupIndex group);

  std::set<GroupIndex> latest_;
  std::map<Key, std::set<Offset>> foreign_;
  std::map<Key, RunOrder> orders_;
  std::vector<PartitionLog> logs_;
  std::map<Key, GroupPartition> group_partitions_;
  std::vector<GroupView> groups_;
  std::vector<ProcessView> processes_;
  std::vector<OwnershipView> ownerships_;
  std::vector<ConsumerView> consumers_;
  std::vector<Run> runs_;
  std::vector<std::uint64_t> sent_hashes_;
  TimePoint fault_at_{};
  std::uint64_t duplicates_ = 0;
};

}  // namespace rookery::sim
