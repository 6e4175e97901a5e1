// partition_take.cc
//
// Taking from the stream, and what follows when the log has lost its end.
#include <rookery/processing/partition.h>

#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <utility>

namespace rookery {

// A batch, taken, filtered and registered; empty: none now. A step follows when there may be one.
RecordBatch Partition::take(std::size_t most) {
  if (filters_) return take_filtered(most);
  std::optional<Taken> taken = fetch(most);
  if (!taken) return {};
  marks_.take(taken->batch.records(), taken->next_offset);
  return keep_undone(std::move(taken->batch));
}

RecordBatch Partition::keep_undone(RecordBatch batch) {
  const bool was_empty = batch.empty();
  batch = marks_.keep_undone(std::move(batch));
  // All of it is done: only an empty take means empty; others' turn first.
  if (batch.empty() && !was_empty) schedule();
  return batch;
}

// What the stream has for this segment, not registered. None: there is no room, or lanes are to
// forget first what lay where the batch lies.
std::optional<Taken> Partition::fetch(std::size_t most) {
  if (is_adrift_.load(std::memory_order_relaxed)) return std::nullopt;
  if (held_) {
    if (marks_.is_forgetting()) return std::nullopt;
    std::optional<Taken> held = std::exchange(held_, std::nullopt);
    keep_own(*held);
    return held;
  }
  // One lane takes what there is: it has nothing else to do, and is woken when a batch is done.
  std::size_t room = marks_.room(sole_ ? 0 : std::min(most, (settings_.window + 1) / 2));
  if (filters_) room -= std::min(room, filters_->waiting());
  if (room == 0) return std::nullopt;  // a step follows when records are done
  Taken taken = stream_->take(std::min(most, room), settings_.max_bytes);
  tell_take_error(taken);
  note_end(taken);
  if (!taken.batch.empty()) taken.batch.set_taken_at(now());
  if (is_of_the_next_life(taken.batch) && !forget_from(taken.batch[0].offset())) {
    held_ = std::move(taken);
    return std::nullopt;
  }
  keep_own(taken);
  return taken;
}

// What belongs to other segments is like a gap in the log: the position passes it as soon as all
// before it is done.
void Partition::keep_own(Taken& taken) {
  if (!segment_) return;
  const bool is_empty = taken.batch.empty();
  if (!is_empty) {
    taken.next_offset = std::max(taken.next_offset, taken.batch.records().back().offset() + 1);
    taken.batch = segment_->keep(std::move(taken.batch));
  }
  if (!taken.batch.empty()) return;
  if (mutant("segments.position_waits")) taken.next_offset = -1;
  if (!is_empty) schedule();  // only an empty take means empty; others' turn first
}

void Partition::tell_take_error(const Taken& taken) {
  if (taken.error && taken.error->code != ErrorCode::kRevoked &&
      last_take_error_ != taken.error->code) {
    publish_error("fetch", std::string(name(taken.error->code)), taken.error->message);
  }
  if (taken.error || !taken.batch.empty()) {
    last_take_error_ = taken.error ? std::optional(taken.error->code) : std::nullopt;
  }
}

bool Partition::is_of_the_next_life(const RecordBatch& batch) {
  if (batch.empty()) return false;
  const bool has_gone_back = batch[0].offset() < taken_below_;
  taken_below_ = batch.records().back().offset() + 1;
  return has_gone_back;
}

// The stream went back: others lie there now, or the same again (an unclean election, a loss of
// power; KIP-320, or auto.offset.reset where the client cannot tell). What is known about what lay
// there says nothing about them.
bool Partition::forget_from(Offset offset) {
  if (environment_->events->wants(EventKind::kLogTruncated)) publish_truncated(offset);
  if (mutant("partition.keeps_what_was_truncated")) return true;
  if (filters_) filters_->forget_from(offset);
  for (const OutputFailure& failed : marks_.forget_from(offset)) publish_output_failure(failed);
  if (lanes_) return lanes_->forget_from(offset);
  sole_->lane.forget_from(offset);
  return true;
}

bool Partition::has_left_the_log(Offset offset) {
  const std::optional<Offset> start = environment_->log_starts->find(topic_partition_);
  return start && offset < *start;
}

}  // namespace rookery
