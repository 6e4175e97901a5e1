// lane_outputs.cc
//
// What the consumer sends and marks.
#include <rookery/processing/lane.h>

#include <rookery/processing/partition.h>
#include <rookery/recovery/trace_id.h>
#include <rookery/runtime/mutant.h>

#include <algorithm>
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
  auto place = std::lower_bound(
      unmarked_.begin(), unmarked_.end(), input->offset(),
      [](const PendingRecord* pending, Offset offset) { return pending->offset() < offset; });
  if (place == unmarked_.end() || (*place)->offset() != input->offset()) {
    place =
        unmarked_.insert(place, partition_.make_pending(input->offset(), /*is_dead_letter=*/false,
                                                        trace_id_or_empty(*input)));
  }
  PendingRecord* pending = *place;
  const bool is_whose_unknown = running_batch_ && running_batch_->current() == Batch::kNone;
  if (is_whose_unknown) pending->set_suspects_end(running_last_ + 1);
  const Status sent = partition_.environment().outputs->send(
      record, *pending, deadline_in(partition_.environment().output_timeout), give_up);
  if (!sent) {
    pending->note_unsent(sent.error());
    if (sent.error().fatal) partition_.environment().on_fatal(sent.error());
    throw SendFailed(sent.error());
  }
}

bool Lane::mark(const Record& record) { return mark_through(record.offset()); }

// Everything up to `last` is done: at once, or when its outputs under way are acknowledged.
bool Lane::mark_through(Offset last) {
  Offset first = marked_below_;
  while (!unmarked_.empty() && unmarked_.front()->offset() <= last) {
    PendingRecord* pending = unmarked_.front();
    unmarked_.pop_front();
    const bool is_too_early = mutant("outputs.marked_before_acknowledged");
    partition_.mark_range(first, is_too_early ? pending->offset() : pending->offset() - 1);
    first = std::max(first, pending->offset() + 1);
    pending->release();
  }
  marked_below_ = std::max(marked_below_, last + 1);
  return partition_.mark_range(first, last);
}

const TopicPartition& Lane::topic_partition() const { return partition_.topic_partition(); }
const std::string& Lane::group() const { return partition_.environment().group; }
bool Lane::is_revoked() const { return partition_.is_revoked(); }

}  // namespace rookery
