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

std::size_t PartitionLog::place_of(Offset offset) const {
  // Without gaps the place is the distance from the first record.
  if (!entries_.empty() && offset >= entries_.front().offset) {
    const auto guess = static_cast<std::size_t>(offset - entries_.front().offset);
    if (guess < entries_.size() && entries_[guess].offset == offset) return guess;
  }
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), offset,
                       [](const Entry& entry, Offset wanted) { return entry.offset < wanted; });
  return static_cast<std::size_t>(found - entries_.begin());
}

bool PartitionLog::holds(Offset offset) const {
  const std::size_t place = place_of(offset);
  return place < entries_.size() && entries_[place].offset == offset;
}

bool PartitionLog::is_excused(Offset offset) const {
  return std::any_of(excused_.begin(), excused_.end(), [offset](const Range& range) {
    return offset >= range.from && offset < range.below;
  });
}

const PartitionLog::Range* PartitionLog::lost_before(Offset offset) const {
  const Range* furthest = nullptr;
  for (const Range& range : excused_) {
    if (offset <= range.from || offset > range.below) continue;
    if (furthest == nullptr || range.from < furthest->from) furthest = &range;
  }
  return furthest;
}

void PartitionLog::note_produced(Offset offset, std::uint64_t hash) {
  const std::size_t place = place_of(offset);
  if (holds(offset) && entries_[place].hash == hash) {
    entries_[place].is_produced = true;
  } else if (is_excused(offset)) {
    ++lost_;  // before the producer heard of it
  }
}

void PartitionLog::restore(Entry entry) {
  entry.is_restored = true;
  entries_.push_back(entry);
}

void PartitionLog::note_output(Offset offset) {
  if (holds(offset)) entries_[place_of(offset)].is_output = true;
}

void PartitionLog::cut(Offset from, bool is_legal) {
  if (is_legal && end_offset() > from) excused_.push_back({from, end_offset()});
  const std::size_t place = place_of(from);
  for (std::size_t i = place; i < entries_.size(); ++i) lost_ += entries_[i].is_produced ? 1 : 0;
  entries_.resize(place);
}

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

const ConsumerView* Model::consumer(ConsumerId consumer) const {
  if (consumer >= consumers_.size() || !consumers_[consumer].first_place) return nullptr;
  return &consumers_[consumer];
}

const ConsumerView* Model::consumer_of(const Event& event) const {
  const auto found =
      std::find_if(consumers_.rbegin(), consumers_.rend(), [&](const ConsumerView& one) {
        return one.process == event.process && one.group == event.group &&
               one.partition == event.partition;
      });
  return found == consumers_.rend() ? nullptr : &*found;
}

std::optional<std::uint64_t> Model::sent_hash(SendId send) const {
  if (send == 0 || send >= sent_hashes_.size()) return std::nullopt;
  return sent_hashes_[send];
}

bool Model::is_excused(GroupIndex group, PartitionIndex partition, std::size_t place) const {
  const PartitionLog& held = log(partition);
  if (place < held.held_from()) return true;
  if (place < held.size() && held[place].is_restored) return true;
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
          .append({event.offset, event.detail, event.kind == EventKind::kAppendedWeakly});
      break;
    case EventKind::kRestored:
      grown(logs_, event.partition).restore({event.offset, event.detail});
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
    case EventKind::kMarked: {
      const ConsumerView& consumer = grown(consumers_, event.consumer);
      if (!consumer.first_place) break;
      GroupPartition& partition = group_partitions_[Key(event.group, event.partition)];
      const std::size_t last = log(event.partition).place_of(event.offset);
      for (std::size_t place = *consumer.first_place; place <= last; ++place) {
        partition.at(place).is_marked = true;
      }
      break;
    }
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
      if (event.run != 0) {
        Run& run = grown(runs_, event.run);
        --run.outputs_open;
        run.has_failed_output = true;
        ConsumerView& consumer = grown(consumers_, run.consumer);
        // The lane goes back to it; a batch may go back to any of its records.
        for (RunId other = run.batch;
             other < runs_.size() && other != 0 && runs_[other].batch == run.batch; ++other) {
          consumer.failed.insert(runs_[other].offset);
        }
      }
      break;
    case EventKind::kProcessStarted:
      process_at(event.process) = ProcessView{.disturbed_at = event.at};
      break;
    case EventKind::kProcessCrashed:
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
      progress_of(event).has_failed_dead_letter = true;
      break;
    case EventKind::kSkipped:
      give_up(event);
      progress_of(event).is_done = true;
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
  run.consumer = event.consumer;
  run.batch = event.batch;
  run.offset = event.offset;
  run.place = place;
  // Taken before it was lost.
  run.is_lost = held.is_excused(event.offset) &&
                !(held.holds(event.offset) && held[place].hash == event.detail);

  ConsumerView& consumer = grown(consumers_, event.consumer);
  const bool is_first = !consumer.first_place;
  if (is_first) {
    consumer.process = event.process;
    consumer.group = event.group;
    consumer.partition = event.partition;
    consumer.first_place = place;
    consumer.next_place = place;
  }
  if (consumer.open_batch != event.batch) consumer.open_runs = 0;
  consumer.open_batch = event.batch;
  ++consumer.open_runs;
  if (run.is_lost) return;
  consumer.next_place = place + 1;
  consumer.failed.erase(consumer.failed.lower_bound(event.offset), consumer.failed.end());
  consumer.must_go_back_to.reset();

  GroupPartition& partition = group_partitions_[Key(event.group, event.partition)];
  if (is_first && !partition.committed) {
    partition.begun_without_commit = std::max(partition.begun_without_commit, place);
  }
  partition.at(place).last_run = event.run;
  partition.newest_consumer = event.consumer;
}

void Model::end(const Event& event) {
  Run& run = grown(runs_, event.run);
  ConsumerView& consumer = grown(consumers_, event.consumer);
  if (consumer.open_runs > 0) --consumer.open_runs;
  if (consumer.open_runs == 0) consumer.open_batch = 0;

  GroupPartition& partition = group_partitions_[Key(event.group, event.partition)];
  if (event.kind == EventKind::kConsumeThrew) {
    run.has_thrown = true;
    if (run.is_lost) return;
    consumer.failed.insert(event.offset);
    if (!partition.look_at(run.place).is_marked && !consumer.must_go_back_to) {
      consumer.must_go_back_to = event.offset;
    }
    return;
  }
  run.has_returned = true;
  if (run.is_lost) return;
  if (++partition.at(run.place).returns > 1) ++duplicates_;
  settle(run);
}

GroupPartition::Progress& Model::progress_of(const Event& event) {
  return group_partitions_[Key(event.group, event.partition)].at(
      log(event.partition).place_of(event.offset));
}

void Model::give_up(const Event& event) {
  const std::size_t place = log(event.partition).place_of(event.offset);
  GroupPartition& partition = group_partitions_[Key(event.group, event.partition)];
  GroupPartition::Progress& progress = partition.at(place);
  progress.is_given_up = true;
  // Another process, which believes that it owns the partition, may have run the record since.
  const ConsumerView* own = consumer_of(event);
  if (own == nullptr) return;
  ConsumerView& consumer = consumers_[static_cast<std::size_t>(own - consumers_.data())];
  if (consumer.must_go_back_to == event.offset) {
    const auto next = consumer.failed.upper_bound(event.offset);
    consumer.must_go_back_to =
        next == consumer.failed.end() ? std::nullopt : std::optional<Offset>(*next);
  }
  // The lane has gone back to it: those behind it run again.
  if (std::exchange(progress.has_failed_dead_letter, false)) {
    consumer.next_place = std::min(consumer.next_place, place + 1);
    if (consumer.must_go_back_to > event.offset) consumer.must_go_back_to.reset();
  }
}

void Model::settle(const Run& run) {
  if (!run.is_complete() || run.is_lost) return;
  group_partitions_[Key(run.group, run.partition)].at(run.place).is_done = true;
}

void Model::lose(const Event& event) {
  PartitionLog& log = grown(logs_, event.partition);
  log.cut(event.offset, event.kind == EventKind::kLostLegally);
  for (Run& run : runs_) {
    if (run.partition == event.partition && run.place >= log.size()) run.is_lost = true;
  }
  for (ConsumerView& consumer : consumers_) {
    if (consumer.partition != event.partition || !consumer.first_place) continue;
    consumer.first_place = std::min(*consumer.first_place, log.size());
    consumer.next_place = std::min(consumer.next_place, log.size());
    consumer.failed.erase(consumer.failed.lower_bound(event.offset), consumer.failed.end());
    if (consumer.must_go_back_to >= event.offset) consumer.must_go_back_to.reset();
  }
  for (auto& [key, partition] : group_partitions_) {
    if (key.second != event.partition || partition.progress.size() <= log.size()) continue;
    partition.progress.resize(log.size());
  }
}

}  // namespace rookery::sim
