// partition_marks.cc
//
// Marks, and outputs under way. What lanes and partition leave for each other is in
// partition_desks.cc.
#include <rookery/processing/partition_marks.h>

#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <utility>

namespace rookery {

// ---- Taking

std::vector<OutputFailure> PartitionMarks::forget_from(Offset offset) {
  std::vector<OutputFailure> failures;
  MutexLock lock(mutex_);
  ledger_.forget_from(offset);
  forget_at(offset);
  for (LaneDesk* desk : desks_) {
    if (desk->output_failure && desk->output_failure->offset >= offset) {
      failures.push_back(*std::exchange(desk->output_failure, std::nullopt));
    }
  }
  return failures;
}

void PartitionMarks::forget_at(Offset offset) {
  inherited_.forget_from(offset);
  for (PendingRecord* pending : pending_) {
    if (pending->offset() >= offset) pending->is_superseded = true;
  }
  taken_away_.erase(taken_away_.lower_bound(offset), taken_away_.end());
  own_metadata_.erase(own_metadata_.upper_bound(offset), own_metadata_.end());
}

// ---- Marks

bool PartitionMarks::mark_range(Offset first, Offset last, const LaneDesk* by) {
  MutexLock lock(mutex_);
  const bool does_count = counts_locked(last, by);
  if (!does_count) {
    if (is_gone()) return false;
    last = *by->forget_from - 1;  // what lies below does
  }
  for (auto taken = taken_away_.lower_bound(first); taken != taken_away_.end(); ++taken) {
    const Offset offset = taken->first;
    if (offset > last) break;
    taken->second.is_covered = true;
    if (first < offset) ledger_.mark_range(first, offset - 1);
    mark_dead_letter(offset);
    first = offset + 1;
  }
  if (first <= last) ledger_.mark_range(first, last);
  return does_count;
}

bool PartitionMarks::mark(std::span<const Record> records, const LaneDesk& by) {
  MutexLock lock(mutex_);
  const bool does_count = counts_locked(records.empty() ? -1 : records.back().offset(), &by);
  if (!does_count && is_gone()) return false;
  for (const Record& record : records) {
    if (does_count || record.offset() < *by.forget_from) mark_one(record.offset());
  }
  return does_count;
}

bool PartitionMarks::counts(Offset offset, const LaneDesk& by) const {
  MutexLock lock(mutex_);
  return counts_locked(offset, &by);
}

bool PartitionMarks::counts_locked(Offset last, const LaneDesk* by) const {
  if (mutant("marks.yes_after_loss")) return true;
  return !is_gone() && (by == nullptr || !by->forget_from || last < *by->forget_from);
}

void PartitionMarks::mark_one(Offset offset) {
  if (!taken_away_.empty()) {
    const auto taken = taken_away_.find(offset);
    if (taken != taken_away_.end()) {
      taken->second.is_covered = true;
      return mark_dead_letter(offset);
    }
  }
  ledger_.mark(offset);
}

void PartitionMarks::mark_dead_letter(Offset offset) {
  const auto taken = taken_away_.find(offset);
  if (taken == taken_away_.end() || !taken->second.is_acknowledged) return;
  if (taken->second.marks_itself || taken->second.is_covered) ledger_.mark(offset);
}

std::size_t PartitionMarks::done_prefix(std::span<const Record> records) const {
  MutexLock lock(mutex_);
  return done_prefix_locked(records);
}

std::size_t PartitionMarks::done_prefix_locked(std::span<const Record> records) const {
  std::size_t done = 0;
  while (done < records.size() && ledger_.is_done(records[done].offset())) ++done;
  return done;
}

Offset PartitionMarks::committable() const {
  MutexLock lock(mutex_);
  return ledger_.committable();
}

std::size_t PartitionMarks::outstanding() const {
  MutexLock lock(mutex_);
  return ledger_.outstanding();
}

void PartitionMarks::forget_taken_away_below(Offset done) {
  MutexLock lock(mutex_);
  taken_away_.erase(taken_away_.begin(), taken_away_.lower_bound(done));
}

void PartitionMarks::take_away(Offset offset, bool marks_itself) {
  MutexLock lock(mutex_);
  taken_away_[offset] = {.marks_itself = marks_itself,
                         .is_acknowledged = mutant("dead_letters.marked_before_acknowledged")};
}

bool PartitionMarks::is_dead_letter_acknowledged(Offset offset) const {
  MutexLock lock(mutex_);
  const auto taken = taken_away_.find(offset);
  return taken == taken_away_.end() || taken->second.is_acknowledged;
}

// ---- Going back

std::optional<OutputFailure> PartitionMarks::take_failure(LaneDesk& desk) {
  MutexLock lock(mutex_);
  desk.is_interrupted.store(is_ending_ || desk.forget_from.has_value());
  if (desk.output_failure) desk.goes_back_to = desk.output_failure->offset;
  return std::exchange(desk.output_failure, std::nullopt);
}

// Those after it run again, and so will their outputs: a later record must not count as done by an
// output that stands before its predecessor's.
// What no lane was given, for a filter has dropped it, an earlier owner has done it or a seek has
// passed it by, stays done.
void PartitionMarks::unmark_from(LaneDesk& desk, Offset offset,
                                 const std::deque<LaneBatch>& batches) {
  MutexLock lock(mutex_);
  desk.goes_back_to.reset();
  for (PendingRecord* pending : pending_) {
    if (pending->lane == &desk && pending->offset() >= offset) pending->is_superseded = true;
  }
  if (mutant("filters.rewind_unmarks_dropped")) {
    for (Offset at = offset; at <= ledger_.newest_taken(); ++at) ledger_.unmark(at);
  }
  for (const LaneBatch& batch : batches) {
    for (const Record& record : batch.records()) {
      if (record.offset() < offset) continue;
      ledger_.unmark(record.offset());
      const auto taken = taken_away_.find(record.offset());
      if (taken == taken_away_.end()) continue;
      taken->second.is_acknowledged = taken->second.is_covered = false;
    }
  }
}

// ---- Outputs under way

void PartitionMarks::add_pending(LaneDesk& desk, PendingRecord& pending) {
  MutexLock lock(mutex_);
  pending.lane = &desk;
  pending.place = pending_.size();
  pending_.push_back(&pending);
  ++desk.outputs_under_way;
}

std::size_t PartitionMarks::pending() const {
  MutexLock lock(mutex_);
  return pending_.size();
}

PartitionMarks::Due PartitionMarks::acknowledged(PendingRecord& pending, bool is_awaited) {
  MutexLock lock(mutex_);
  if (pending.is_superseded || is_closed_) return {};
  Due due;
  if (pending.is_dead_letter()) {
    if (const auto taken = taken_away_.find(pending.offset()); taken != taken_away_.end()) {
      taken->second.is_acknowledged = true;
    }
    mark_dead_letter(pending.offset());
    due.lane = is_awaited;
  } else {
    ledger_.mark(pending.offset());
  }
  due.lane = due.lane || ledger_.committable() >= pending.lane->wake_at;
  due.partition = is_fed();
  notify_waiting();
  return due;
}

PartitionMarks::Failed PartitionMarks::failed(PendingRecord& pending, OutputFailure failure,
                                              bool is_still_wanted) {
  MutexLock lock(mutex_);
  LaneDesk& desk = *pending.lane;
  // Not for the output of an earlier run, or of a record marked before its outputs, or of one that
  // its log has lost, or that is the next owner's.
  const bool is_forgotten = desk.forget_from && pending.offset() >= *desk.forget_from;
  const bool will_run_again = is_still_wanted && !pending.is_superseded && !is_forgotten &&
                              !is_ending_ && !is_closed_ && !ledger_.is_done(pending.offset());
  if (is_ending_ && !pending.is_superseded && !is_forgotten && !ledger_.is_done(pending.offset())) {
    failed_at_the_end_ = std::min(failed_at_the_end_, pending.offset());
  }
  if (!will_run_again) return {.told_here = std::move(failure)};
  if (desk.output_failure && failure.offset >= desk.output_failure->offset) {
    return {.will_run_again = true, .told_here = std::move(failure)};
  }
  desk.is_interrupted.store(true);
  notify_waiting();
  return {.will_run_again = true,
          .told_here = std::exchange(desk.output_failure, std::move(failure))};
}

PartitionMarks::Gone PartitionMarks::gone(PendingRecord& pending) {
  MutexLock lock(mutex_);
  pending_.back()->place = pending.place;
  pending_[pending.place] = pending_.back();
  pending_.pop_back();
  LaneDesk& desk = *pending.lane;
  --desk.outputs_under_way;
  return {.is_last = pending_.empty(),
          .is_lane_due = desk.waits_for_outputs && desk.outputs_under_way == 0};
}

// ---- The end

void PartitionMarks::set_gone() {
  MutexLock lock(mutex_);
  is_gone_.store(true, std::memory_order_release);
  notify_waiting();
}

void PartitionMarks::close() {
  MutexLock lock(mutex_);
  is_closed_ = true;
  is_gone_.store(true, std::memory_order_release);
  notify_waiting();
}

bool PartitionMarks::is_quiesced() const {
  MutexLock lock(mutex_);
  return is_quiesced_;
}

// What was consumed is marked when its outputs are acknowledged: the last one that goes has the
// partition come back here.
bool PartitionMarks::quiesce(bool is_forced) {
  MutexLock lock(mutex_);
  if (!pending_.empty() && !is_forced && !is_gone()) return false;
  return !std::exchange(is_quiesced_, true);
}

}  // namespace rookery
