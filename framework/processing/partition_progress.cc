// partition_progress.cc
//
// Progress that survives: what is done beyond the prefix goes into commits, and what earlier owners
// have left there is not run again.
#include <rookery/processing/partition_marks.h>

#include <rookery/processing/done_records.h>
#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <utility>

namespace rookery {

void PartitionMarks::take(std::span<const Record> records, Offset next_offset) {
  MutexLock lock(mutex_);
  ledger_.take(records, next_offset);
}

RecordBatch PartitionMarks::keep_undone(RecordBatch batch) {
  MutexLock lock(mutex_);
  if (inherited_.empty()) return batch;
  // A batch that is done as a whole ends with the call, outside the lock.
  ToldApart told = tell_apart(std::move(batch), inherited_);
  for (const OffsetRange& range : told.done) {
    ledger_.mark_range(range.begin, range.end - 1);
  }
  return std::move(told.batch);
}

PartitionMarks::Committable PartitionMarks::committable_progress() const {
  MutexLock lock(mutex_);
  Committable out{.offset = ledger_.committable(), .leader_epoch = ledger_.committable_epoch()};
  if (mutant("commit.forgets_truncated_epoch")) out.leader_epoch = -1;
  if (out.offset < 0) return out;
  out.progress.own_metadata = own_metadata_at(out.offset);
  out.progress.done = done_in_order();
  if (!out.progress.done.empty()) {
    const Offset newest = out.progress.done.back().end - 1;
    out.progress.leader_epoch = ledger_.leader_epoch_at(newest);
  }
  add_inherited(out.progress, out.offset);
  return out;
}

// Where a lane goes back to a record, it runs those behind it again, and so that their outputs
// stand behind its own: they are not done before.
OffsetRanges PartitionMarks::done_in_order() const {
  Offset below = failed_at_the_end_;
  for (const PendingRecord* pending : pending_) {
    if (!pending->is_superseded) below = std::min(below, pending->offset());
  }
  for (const LaneDesk* desk : desks_) {
    if (desk->output_failure) below = std::min(below, desk->output_failure->offset);
    if (desk->goes_back_to) below = std::min(below, *desk->goes_back_to);
  }
  OffsetRanges done = ledger_.done_ranges_beyond(kCommitRangesMost);
  if (mutant("progress.counts_what_is_taken") && ledger_.undone() > 0) {
    done = {{.begin = ledger_.committable() + 1, .end = ledger_.newest_taken() + 1}};
    if (done.back().end <= done.back().begin) done.clear();
  }
  rookery::forget_from(done, below);
  return done;
}

// What was not yet taken is handed on, too. It is of the log's present life if nothing that was
// taken is of a newer one; and then it makes the ranges before it no older than they are.
void PartitionMarks::add_inherited(CommitProgress& progress, Offset committable) const {
  if (inherited_.empty()) return;
  const Offset newest = ledger_.newest_taken();
  const std::int32_t epoch = ledger_.leader_epoch_at(std::max(newest, committable));
  const std::int32_t inherited_epoch = inherited_.leader_epoch();
  const bool is_comparable = newest < 0 || (epoch < 0) == (inherited_epoch < 0);
  if (!is_comparable || epoch > inherited_epoch) return;
  const Offset from = std::max(newest + 1, committable);
  for (const OffsetRange& range : inherited_.ahead()) {
    const OffsetRange rest{.begin = std::max(range.begin, from), .end = range.end};
    if (rest.begin >= rest.end) continue;
    if (!progress.done.empty() && progress.done.back().end == rest.begin) {
      progress.done.back().end = rest.end;
    } else {
      progress.done.push_back(rest);
    }
    progress.leader_epoch = inherited_epoch;
  }
}

bool PartitionMarks::is_metadata_nearly_full() const {
  const Offset committable = ledger_.committable();
  const std::size_t most = range_bytes_most(own_metadata_at(committable).size()) / 4 * 3;
  // As a bitmap all of it would fit: so it is unless there are many gaps, or a large window.
  const auto span =
      static_cast<std::uint64_t>(std::max<Offset>(0, ledger_.newest_taken() - committable));
  if (span / 8 < most) return false;
  return range_bytes_needed(committable, ledger_.done_ranges_beyond(kCommitRangesMost)) >= most;
}

}  // namespace rookery
