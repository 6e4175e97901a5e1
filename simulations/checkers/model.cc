// model.cc
//
// One event after another becomes the state that the checkers look at.

#include "simulations/checkers/model.h"

#include <algorithm>
#include <utility>

namespace rookery::sim {
namespace {

template <class T>
T& grown(std::vector<T>& all, std::size_t index) {
  if (index >= all.size()) all.resize(index + 1);
  return all[index];
}

template <class T>
const T& at_or_empty(const std::vector<T>& all, std::size_t index) {
  static const T kEmpty{};
  return index < all.size() ? all[index] : kEmpty;
}

}  // namespace

const PartitionLog& Model::log(PartitionIndex partition) const {
  return at_or_empty(logs_, partition);
}

const GroupPartition& Model::group_partition(GroupIndex group, PartitionIndex partition) const {
  static const GroupPartition kUntouched;
  const auto found = group_partitions_.find(Key(group, partition));
  return found == group_partitions_.end() ? kUntouched : found->second;
}

const GroupView& Model::group(GroupIndex group) const { return at_or_empty(groups_, group); }

const ProcessView& Model::process(ProcessIndex process) const {
  return at_or_empty(processes_, process);
}

void Model::set_order(GroupIndex group, PartitionIndex partition, const RunOrder& order) {
  orders_[Key(group, partition)] = order;
}

RunOrder Model::order_of(GroupIndex group, PartitionIndex partition) const {
  const auto found = orders_.find(Key(group, partition));
  return found == orders_.end() ? RunOrder{} : found->second;
}

const OwnershipView* Model::ownership(OwnershipId ownership) const {
  if (ownership >= ownerships_.size() || !ownerships_[ownership].has_begun()) return nullptr;
  return &ownerships_[ownership];
}

const ConsumerView* Model::consumer(ConsumerId consumer) const {
  if (consumer >= consumers_.size() || consumers_[consumer].ownership == kNone) return nullptr;
  return &consumers_[consumer];
}

const OwnershipView* Model::ownership_of(const Event& event) const {
  const auto found =
      std::find_if(ownerships_.rbegin(), ownerships_.rend(), [&](const OwnershipView& one) {
        return one.process() == event.process && one.group() == event.group &&
               one.partition() == event.partition;
      });
  return found == ownerships_.rend() ? nullptr : &*found;
}

OwnershipView* Model::own_of(const Event& event) {
  const OwnershipView* const found = ownership_of(event);
  return found == nullptr ? nullptr
                          : &ownerships_[static_cast<std::size_t>(found - ownerships_.data())];
}

std::optional<std::uint64_t> Model::sent_hash(SendId send) const {
  if (send == 0 || send >= sent_hashes_.size()) return std::nullopt;
  return sent_hashes_[send];
}

bool Model::is_excused(GroupIndex group, PartitionIndex partition, std::size_t place) const {
  const PartitionLog& held = log(partition);
  if (place < held.held_from()) return true;
  if (place < held.size() && held[place].is_restored) return true;
  if (place < held.size() && is_foreign(group, partition, held[place].offset)) return true;
  return latest_.contains(group) && place < group_partition(group, partition).begun_without_commit;
}

ProcessView& Model::process_at(ProcessIndex process) { return grown(processes_, process); }
GroupView& Model::group_at(GroupIndex group) { return grown(groups_, group); }

// allow(function-length): a table, what each kind of event changes
void Model::apply(const Event& event) {
  switch (event.kind) {
    case EventKind::kAppended:
    case EventKind::kAppendedWeakly:
      grown(logs_, event.partition)
          .append({.offset = event.offset,
                   .hash = event.detail,
                   .key = event.key,
                   .is_weak = event.kind == EventKind::kAppendedWeakly});
      break;
    case EventKind::kRestored:
      grown(logs_, event.partition)
          .restore({.offset = event.offset, .hash = event.detail, .key = event.key});
      break;
    case EventKind::kLost:
    case EventKind::kLostLegally:
      lose(event);
      break;
    case EventKind::kRemoved:
      grown(logs_, event.partition).remove_below(event.offset);
      break;
    case EventKind::kGeneration: {
      GroupView& group = group_at(event.group);
      group.generation = static_cast<std::int64_t>(event.detail);
      group.generation_at = event.at;
      group.members.clear();
      break;
    }
    case EventKind::kMember:
      group_at(event.group).members.insert(event.process);
      break;
    case EventKind::kAssigned: {
      GroupPartition& partition = group_partitions_[Key(event.group, event.partition)];
      partition.owner = event.process;
      partition.committed_when_assigned = partition.committed;
      partition.owners.insert(event.process);
      break;
    }
    case EventKind::kCommitted: {
      GroupPartition& partition = group_partitions_[Key(event.group, event.partition)];
      // Who has found the end may commit it before anything comes.
      if (!partition.committed && partition.progress.empty()) {
        partition.begun_without_commit = log(event.partition).place_of(event.offset);
      }
      partition.committed = event.offset;
      break;
    }
    case EventKind::kProduced:
      grown(logs_, event.partition).note_produced(event.offset, event.detail);
      break;
    case EventKind::kConsumeStarted:
      start(event);
      break;
    case EventKind::kConsumeEnded:
    case EventKind::kConsumeThrew:
      end(event);
      break;
    case EventKind::kMarked:
      mark(event);
      break;
    case EventKind::kSent:
      grown(sent_hashes_, event.send) = event.detail;
      if (event.run != 0) ++grown(runs_, event.run).outputs_open;
      break;
    case EventKind::kOutputAcknowledged:
      if (event.partition != kNone) grown(logs_, event.partition).note_output(event.offset);
      if (event.run != 0) {
        Run& run = grown(runs_, event.run);
        --run.outputs_open;
        settle(run);
      }
      break;
    case EventKind::kOutputFailed:
      if (event.run != 0) fail_output(event);
      break;
    case EventKind::kProcessStarted:
      process_at(event.process) = ProcessView{.disturbed_at = event.at};
      break;
    case EventKind::kProcessCrashed:
      crash(event.process);
      process_at(event.process).is_alive = false;
      break;
    case EventKind::kProcessStopped:
      process_at(event.process).is_alive = false;
      break;
    case EventKind::kProcessPaused:
    case EventKind::kProcessResumed: {
      ProcessView& process = process_at(event.process);
      process.is_paused = event.kind == EventKind::kProcessPaused;
      process.disturbed_at = event.at;
      break;
    }
    case EventKind::kCutOff:
    case EventKind::kReachable:
      process_at(event.process).disturbed_at = event.at;
      break;
    case EventKind::kFaultBegan:
    case EventKind::kFaultEnded:
      fault_at_ = event.at;
      break;
    case EventKind::kDeadLetterSent:
      give_up(event);
      break;
    case EventKind::kDeadLettered:
      progress_of(event).is_done = true;
      break;
    case EventKind::kDeadLetterFailed:
      if (OwnershipView* const own = own_of(event)) {
        own->dead_letter_failed(log(event.partition).place_of(event.offset));
      }
      break;
    case EventKind::kSkipped:
      give_up(event);
      progress_of(event).is_done = true;
      progress_of(event).is_filtered |= event.detail == kSkippedByFilter;
      break;
    case EventKind::kSeekBegan:
      group_partitions_[Key(event.group, event.partition)].has_sought = true;
      break;
    case EventKind::kSought:
      seek(event);
      break;
    case EventKind::kCommitAwaited:
    case EventKind::kCommitWaitEnded:
      if (event.run != 0) {
        grown(runs_, event.run).awaits_commit = event.kind == EventKind::kCommitAwaited;
      }
      break;
  }
}

void Model::start(const Event& event) {
  const PartitionLog& held = log(event.partition);
  const std::size_t place = held.place_of(event.offset);
  Run& run = grown(runs_, event.run);
  run.process = event.process;
  run.group = event.group;
  run.partition = event.partition;
  run.ownership = event.ownership;
  run.consumer = event.consumer;
  run.batch = event.batch;
  run.offset = event.offset;
  run.place = place;
  // Taken before it was lost.
  run.is_lost = held.is_excused(event.offset) &&
                !(held.holds(event.offset) && held[place].hash == event.detail);

  GroupPartition& partition = group_partitions_[Key(event.group, event.partition)];
  OwnershipView& ownership = grown(ownerships_, event.ownership);
  const bool is_first = !ownership.has_begun();
  if (is_first) {
    OwnershipView::Beginning beginning{.committed = partition.committed};
    if (partition.owner == event.process) {
      beginning.committed_when_assigned = partition.committed_when_assigned;
    }
    if (partition.committed) beginning.place = held.place_of(*partition.committed);
    beginning.lowest = place;
    beginning.begun_before = partition.begun_without_commit;
    ownership.begin(event, order_of(event.group, event.partition), beginning);
  }
  grown(consumers_, event.consumer);
  ownership.start(event, place, run.is_lost, consumers_);
  if (run.is_lost) return;
  const bool may_be_lower = ownership.order().kind != OrderKind::kAll;
  if (!ownership.beginning().committed && (is_first || may_be_lower)) {
    partition.begun_without_commit =
        std::max(ownership.beginning().begun_before, ownership.note_begun_at(place));
  }
  partition.at(place).last_run = event.run;
  partition.newest_ownership = event.ownership;
}

void Model::end(const Event& event) {
  Run& run = grown(runs_, event.run);
  OwnershipView& ownership = grown(ownerships_, run.ownership);
  ownership.end(event, run.place, run.is_lost, grown(consumers_, event.consumer));
  if (event.kind == EventKind::kConsumeThrew) {
    run.has_thrown = true;
    return;
  }
  run.has_returned = true;
  GroupPartition& partition = group_partitions_[Key(event.group, event.partition)];
  if (!run.is_lost && ++partition.at(run.place).returns > 1) ++duplicates_;
  settle(run);
}

void Model::mark(const Event& event) {
  if (consumer(event.consumer) == nullptr) return;
  GroupPartition& partition = group_partitions_[Key(event.group, event.partition)];
  const std::size_t last = log(event.partition).place_of(event.offset);
  OwnershipView& ownership = ownerships_[event.ownership];
  for (const std::size_t place : ownership.mark(last, consumers_[event.consumer])) {
    partition.at(place).is_marked = true;
  }
}

// The lane goes back to it; a batch may go back to any of its records.
void Model::fail_output(const Event& event) {
  Run& failed = grown(runs_, event.run);
  --failed.outputs_open;
  failed.has_failed_output = true;
  for (RunId other = failed.batch;
       other < runs_.size() && other != 0 && runs_[other].batch == failed.batch; ++other) {
    if (runs_[other].is_lost) continue;
    ownerships_[runs_[other].ownership].output_failed(runs_[other].place);
  }
}

GroupPartition::Progress& Model::progress_of(const Event& event) {
  return group_partitions_[Key(event.group, event.partition)].at(
      log(event.partition).place_of(event.offset));
}

void Model::give_up(const Event& event) {
  // Another process, which believes that it owns the partition, may have run the record since.
  OwnershipView* const own = own_of(event);
  if (own == nullptr) return;
  own->give_up(event.offset, log(event.partition).place_of(event.offset), consumers_);
}

void Model::settle(const Run& run) {
  if (!run.is_complete() || (run.is_lost && !run.is_sought_past)) return;
  GroupPartition::Progress& progress =
      group_partitions_[Key(run.group, run.partition)].at(run.place);
  if (!run.is_lost || progress.is_marked) progress.is_done = true;
}

// What user code had marked, and all it waited for was the commit of it, is done by its own word.
void Model::crash(ProcessIndex process) {
  for (const Run& run : runs_) {
    if (run.process != process || !run.is_open() || !run.awaits_commit || run.is_lost) continue;
    for (RunId one = run.batch; one < runs_.size() && one != 0 && runs_[one].batch == run.batch;
         ++one) {
      const Run& marked = runs_[one];
      GroupPartition::Progress& progress =
          group_partitions_[Key(marked.group, marked.partition)].at(marked.place);
      const bool are_outputs_safe = marked.outputs_open == 0 && !marked.has_failed_output;
      if (progress.is_marked && are_outputs_safe) progress.is_done = true;
    }
  }
}

// What was begun at the target and above is as if it had been lost: others are taken in its place.
// What was not begun below it is passed by.
void Model::seek(const Event& event) {
  const std::size_t target = log(event.partition).place_of(event.offset);
  GroupPartition& partition = group_partitions_[Key(event.group, event.partition)];
  if (partition.owner == event.process && partition.committed_when_assigned > event.offset) {
    partition.committed_when_assigned = event.offset;
  }
  OwnershipView& own = grown(ownerships_, event.ownership);
  for (std::size_t place = 0; place < target; ++place) {
    if (own.look_at(place).state != OwnershipView::State::kUntouched) continue;
    GroupPartition::Progress& passed = partition.at(place);
    passed.is_done = passed.is_filtered = true;
  }
  if (!own.has_begun()) return;
  for (Run& run : runs_) {
    if (run.ownership != event.ownership || run.place < target || run.is_lost) continue;
    run.is_lost = run.is_sought_past = true;
  }
  own.cut(target, event.offset, consumers_);
}

void Model::lose(const Event& event) {
  PartitionLog& log = grown(logs_, event.partition);
  log.cut(event.offset, event.kind == EventKind::kLostLegally);
  for (auto& [key, offsets] : foreign_) {
    if (key.second == event.partition)
      offsets.erase(offsets.lower_bound(event.offset), offsets.end());
  }
  for (Run& run : runs_) {
    if (run.partition != event.partition || run.place < log.size()) continue;
    run.is_lost = true;
    run.is_sought_past = false;
  }
  for (OwnershipView& ownership : ownerships_) {
    if (!ownership.has_begun() || ownership.partition() != event.partition) continue;
    ownership.cut(log.size(), event.offset, consumers_);
  }
  for (auto& [key, partition] : group_partitions_) {
    if (key.second != event.partition || partition.progress.size() <= log.size()) continue;
    partition.progress.resize(log.size());
  }
}

}  // namespace rookery::sim
