// lane_batches.cc
//
// What a lane has to run, and keeps until it is done.
#include <rookery/processing/lane.h>

#include <rookery/processing/partition.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace rookery {

void Lane::push(LaneBatch batch) {
  if (batches_.empty() && !desk_.is_sole) {
    // It was free, and may go on with lower offsets, of another key: what is known of those before
    // says nothing about them.
    marked_below_ = std::min(marked_below_, batch.first_offset());
    begun_below_ = std::min(begun_below_, batch.first_offset());
    tried_below_ = std::min(tried_below_, batch.first_offset());
    succeeded();
    failed_offset_ = -1;
    // Nor has another key to wait since that one failed; those of a virtual partition share it.
    if (settings_.ordering.kind != Ordering::Kind::kVirtual) retry_at_ = kNever;
  }
  waiting_ += batch.size();
  batches_.push_back(std::move(batch));
}

bool Lane::has_a_batch() const {
  if (waiting_ >= settings_.min_records) return true;
  std::size_t bytes = 0;
  std::size_t record = next_record_;
  for (std::size_t i = next_batch_; i < batches_.size(); ++i, record = 0) {
    for (; record < batches_[i].size(); ++record) bytes += batches_[i][record].size();
  }
  return bytes >= settings_.max_bytes;
}

// As they were taken, or gathered from several batches that were smaller.
std::span<const Record> Lane::next_records(std::size_t most) {
  const std::span<const Record> rest = batches_[next_batch_].records().subspan(next_record_);
  if (rest.size() == waiting_ || rest.size() >= most) {
    return rest.first(std::min(rest.size(), most));
  }
  std::size_t bytes = 0;
  std::size_t record = next_record_;
  for (std::size_t i = next_batch_; i < batches_.size(); ++i, record = 0) {
    for (; record < batches_[i].size(); ++record) {
      if (gathered_.size() == most || bytes >= settings_.max_bytes) return gathered_;
      gathered_.push_back(batches_[i][record]);
      bytes += gathered_.back().size();
    }
  }
  return gathered_;
}

void Lane::advance(std::size_t records) {
  waiting_ -= records;
  while (records > 0) {
    const std::size_t left = batches_[next_batch_].size() - next_record_;
    const std::size_t step = std::min(left, records);
    records -= step;
    next_record_ += step;
    begun_below_ = std::max(begun_below_, batches_[next_batch_][next_record_ - 1].offset() + 1);
    if (next_record_ == batches_[next_batch_].size()) {
      ++next_batch_;
      next_record_ = 0;
    }
  }
}

std::optional<Offset> Lane::drop_below(Offset done) {
  while (next_batch_ > 0 && batches_.front().last_offset() < done) {
    batches_.pop_front();
    --next_batch_;
  }
  forget_taken_below(done);
  if (next_batch_ == 0) return std::nullopt;
  return batches_.front().last_offset() + 1;
}

// The records of a lane are in offset order, and what is done of them is dropped with its batch, or
// lies before the first that is not.
std::size_t Lane::drop_done() {
  std::size_t dropped = 0;
  Offset done = std::numeric_limits<Offset>::max();
  while (!batches_.empty()) {
    const std::span<const Record> oldest = batches_.front().records();
    const std::size_t prefix = partition_.marks().done_prefix(oldest);
    if (prefix < oldest.size() || next_batch_ == 0) {
      done = prefix < oldest.size() ? oldest[prefix].offset() : oldest.back().offset() + 1;
      break;
    }
    batches_.pop_front();
    --next_batch_;
    ++dropped;
  }
  forget_taken_below(done);
  return dropped;
}

void Lane::forget_taken_below(Offset done) {
  // A batch may go on before one that is done: it is not to be given to the consumer again.
  if (next_batch_ < batches_.size()) done = std::min(done, next_record().offset());
  if (const auto end = taken_away_.lower_bound(done); end != taken_away_.begin()) {
    taken_away_.erase(taken_away_.begin(), end);
    dead_letter_failures_ = 0;  // one has arrived
  }
}

std::span<const Record> Lane::undone() const {
  return next_batch_ == 0 ? std::span<const Record>() : batches_.front().records();
}

// Behind a record that failed others may run, if they have no order: elsewhere.
void Lane::give_back_loose() {
  if (next_batch_ >= batches_.size() || !batches_[next_batch_].is_loose()) return;
  LaneBatch& batch = batches_[next_batch_];
  std::size_t kept =
      std::max(next_record_ + 1, runs_batches() ? next_record_ + settings_.max_records : 0);
  // After going back: only this lane knows what became of those that it ran, or gave up.
  Offset begun = begun_below_;
  if (!taken_away_.empty()) begun = std::max(begun, taken_away_.rbegin()->first + 1);
  const auto records = batch.records();
  const auto end =
      std::partition_point(records.begin(), records.end(),
                           [begun](const Record& record) { return record.offset() < begun; });
  kept = std::max(kept, static_cast<std::size_t>(end - records.begin()));
  if (kept >= batch.size()) return;
  LaneBatch rest = batch.split_at(kept);
  waiting_ -= rest.size();
  partition_.marks().give_back(desk_, std::move(rest));
}

}  // namespace rookery
