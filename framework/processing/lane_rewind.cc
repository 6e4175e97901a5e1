// lane_rewind.cc
//
// Going back: to a record whose output failed, or because the log lost what was taken.
#include <rookery/processing/lane.h>

#include <rookery/processing/partition.h>

#include <algorithm>
#include <utility>

namespace rookery {

void Lane::rewind(const OutputFailure& failed) {
  const Offset offset = failed.offset;
  const bool will_run_anyway = waiting_ > 0 && next_record().offset() <= offset;
  abandon_from(offset);
  marked_below_ = std::min(marked_below_, offset);
  for (auto taken = taken_away_.lower_bound(offset); taken != taken_away_.end(); ++taken) {
    taken->second.is_passed = false;
  }
  awaited_.reset();
  const bool waits_already = retry_at_ != kNever;
  if (!will_run_anyway) move_to(offset);
  if (failed.is_dead_letter) return note_dead_letter_failure(offset, failed.error);
  const Failure failure = failure_of(failed.error);
  const Record* record = record_at(offset);
  if (record == nullptr || (will_run_anyway && waits_already)) {  // it threw besides
    partition_.publish_error(failure.place, failure.error_class, failure.message, offset,
                             failed.trace_id, failure.is_fatal);
    return;
  }
  if (trace_ && failed.origin) trace_->remember(offset, failed.origin->parent);
  const bool is_known = failed.suspects_end <= offset + 1;
  fail({.record = record, .is_known = is_known, .suspects_end = failed.suspects_end}, failure,
       offset == failed_offset_);
}

std::size_t Lane::forget_from(Offset offset) { return forget_from(offset, /*is_lost=*/true); }

std::size_t Lane::leave(Offset target) {
  return forget_from(std::min(target, std::max(begun_below_, tried_below_)), /*is_lost=*/false);
}

std::vector<Offset> Lane::begun() const {
  std::vector<Offset> offsets;
  for (const LaneBatch& batch : batches_) {
    for (const Record& record : batch.records()) offsets.push_back(record.offset());
  }
  return offsets;
}

// is_lost: nobody will ever see it again, and that is told.
std::size_t Lane::forget_from(Offset offset, bool is_lost) {
  const Offset next = waiting_ > 0 ? next_record().offset() : offset;
  abandon_from(offset);
  marked_below_ = std::min(marked_below_, offset);
  begun_below_ = std::min(begun_below_, offset);
  tried_below_ = std::min(tried_below_, offset);
  slices_end_ = std::min(slices_end_, offset);
  suspects_end_ = std::min(suspects_end_, offset);
  const auto lost = taken_away_.lower_bound(offset);
  if (lost != taken_away_.end() && dead_letter_failures_ > 0) {
    if (is_lost) {
      tell_of_loss(lost->first, lost->second.source.trace_id,
                   "the log lost the record while its dead letter was retried: it is given up");
    }
    dead_letter_failures_ = 0;
    retry_at_ = kNever;
  }
  taken_away_.erase(lost, taken_away_.end());
  if (awaited_ && *awaited_ >= offset) awaited_.reset();
  if (failed_offset_ >= offset) {
    if (failures_ > 0 && is_lost) {
      tell_of_loss(failed_offset_, tracker_.trace_id(),
                   "the log lost the record while it was retried: it is given up");
    }
    succeeded();
    dead_letter_failures_ = 0;
    failed_offset_ = -1;
    retry_at_ = kNever;
  }
  const std::size_t before = batches_.size();
  while (!batches_.empty() && !batches_.back().keep_below(offset)) batches_.pop_back();
  const std::size_t forgotten = before - batches_.size();
  move_to(std::min(next, offset));
  return forgotten;
}

void Lane::unmark_from(Offset offset) { partition_.marks().unmark_from(desk_, offset, batches_); }

const Record* Lane::record_at(Offset offset) const {
  for (const LaneBatch& batch : batches_) {
    const std::span<const Record> records = batch.records();
    if (records.back().offset() < offset) continue;
    const auto found =
        std::partition_point(records.begin(), records.end(),
                             [offset](const Record& record) { return record.offset() < offset; });
    return found->offset() == offset ? &*found : nullptr;
  }
  return nullptr;
}

void Lane::move_to(Offset offset) {
  waiting_ = 0;
  next_batch_ = batches_.size();
  next_record_ = 0;
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    const std::span<const Record> records = batches_[i].records();
    if (next_batch_ == batches_.size()) {
      const auto found =
          std::partition_point(records.begin(), records.end(),
                               [offset](const Record& record) { return record.offset() < offset; });
      if (found == records.end()) continue;
      next_batch_ = i;
      next_record_ = static_cast<std::size_t>(found - records.begin());
      waiting_ = records.size() - next_record_;
    } else {
      waiting_ += records.size();
    }
  }
}

void Lane::abandon_from(Offset offset) {
  for (PendingRecord*& pending : unmarked_) {
    if (pending->offset() >= offset) std::exchange(pending, nullptr)->abandon();
  }
  std::erase(unmarked_, nullptr);
}

}  // namespace rookery
