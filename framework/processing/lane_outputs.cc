// lane_outputs.cc
//
// What the consumer sends and marks.
#include <rookery/processing/lane.h>

#include <rookery/processing/partition.h>
#include <rookery/recovery/trace_id.h>
#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace rookery {

const Record* Lane::current_record() const {
  if (running_record_) return running_record_;
  if (!running_batch_ || running_batch_->empty()) return nullptr;
  // Before the iteration began, and after its end, nobody knows whose output it is: the first
  // record waits for it, and so all do.
  const std::size_t current = running_batch_->current();
  return &(*running_batch_)[current == Batch::kNone ? 0 : current];
}

std::string Lane::output_trace_id(const Record& input) const {
  return trace_ ? trace_->trace_of(input).trace_id.text() : trace_id_or_empty(input);
}

void Lane::send(const OutgoingRecord& record) {
  const Record* input = current_record();
  if (!input) {
    throw SendFailed(
        {.code = ErrorCode::kState, .message = "outputs belong to a record: send inside consume"});
  }
  const auto give_up = [this]() -> Status {
    if (!partition_.is_gone()) return {};
    return rookery::fail(ErrorCode::kRevoked,
                         partition_.topic_partition().text() + " is no longer ours");
  };
  if (Status ours = give_up(); !ours) throw SendFailed(ours.error());
  if (completions_) return completions_->send_in_consume(record);
  auto place = std::lower_bound(
      unmarked_.begin(), unmarked_.end(), input->offset(),
      [](const PendingRecord* pending, Offset offset) { return pending->offset() < offset; });
  if (place == unmarked_.end() || (*place)->offset() != input->offset()) {
    place = unmarked_.insert(
        place, partition_.make_pending(desk_, input->offset(), /*is_dead_letter=*/false,
                                       output_trace_id(*input), origin_of(*input)));
  }
  PendingRecord* pending = *place;
  const bool is_whose_unknown = running_batch_ && running_batch_->current() == Batch::kNone;
  std::shared_ptr<const OutputOrigin> origin = pending->origin();
  if (is_whose_unknown) {
    pending->set_suspects_end(running_last_ + 1);
    if (trace_) origin = trace_->origin_of_batch();
  }
  const Status sent = partition_.environment().outputs->send(
      record, *pending, origin.get(), deadline_in(partition_.environment().output_timeout),
      give_up);
  if (!sent) {
    pending->note_unsent(sent.error());
    if (sent.error().fatal) partition_.environment().on_fatal(sent.error());
    throw SendFailed(sent.error());
  }
}

bool Lane::mark(const Record& record) {
  hold_own_outputs();
  const Offset offset = record.offset();
  if (!is_loose()) return mark_through(offset);
  // That record alone; from the front on it is the same.
  const auto records = batches_.front().records();
  const auto next = std::partition_point(
      records.begin(), records.end(),
      [this](const Record& candidate) { return candidate.offset() < marked_below_; });
  if (next != records.end() && next->offset() == offset) return mark_through(offset);
  const auto pending = std::find_if(
      unmarked_.begin(), unmarked_.end(),
      [offset](const PendingRecord* candidate) { return candidate->offset() == offset; });
  if (pending == unmarked_.end()) return mark_own(offset, offset);
  PendingRecord* released = *pending;
  unmarked_.erase(pending);
  released->release();
  return partition_.marks().counts(offset, desk_);
}

// Everything up to `last` is done: at once, or when its outputs under way are acknowledged.
bool Lane::mark_through(Offset last) {
  Offset first = marked_below_;
  while (!unmarked_.empty() && unmarked_.front()->offset() <= last) {
    PendingRecord* pending = unmarked_.front();
    unmarked_.pop_front();
    const bool is_too_early = mutant("outputs.marked_before_acknowledged");
    mark_own(first, is_too_early ? pending->offset() : pending->offset() - 1);
    first = std::max(first, pending->offset() + 1);
    pending->release();
  }
  marked_below_ = std::max(marked_below_, last + 1);
  return mark_own(first, last);
}

// Of a partition's only lane are all records; of one among several those that it was given.
bool Lane::mark_own(Offset first, Offset last) {
  PartitionMarks& marks = partition_.marks();
  if (desk_.is_sole || mutant("lanes.marks_neighbours")) {
    return marks.mark_range(first, last, &desk_);
  }
  const auto below = [](Offset offset) {
    return [offset](const Record& record) { return record.offset() < offset; };
  };
  auto batch = std::partition_point(
      batches_.begin(), batches_.end(),
      [first](const LaneBatch& candidate) { return candidate.last_offset() < first; });
  for (; batch != batches_.end() && batch->first_offset() <= last; ++batch) {
    const std::span<const Record> records = batch->records();
    const auto begin = std::partition_point(records.begin(), records.end(), below(first));
    const auto end = std::partition_point(begin, records.end(), below(last + 1));
    if (!marks.mark(std::span(begin, end), desk_)) return false;
  }
  return !marks.is_gone();
}

const TopicPartition& Lane::topic_partition() const { return partition_.topic_partition(); }
const std::string& Lane::group() const { return partition_.environment().group; }
bool Lane::is_revoked() const { return partition_.is_revoked(); }

}  // namespace rookery
