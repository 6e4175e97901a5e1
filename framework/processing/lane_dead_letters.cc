// lane_dead_letters.cc
//
// Records that the consumer gets no more: skipped, or sent as dead letters.
#include <rookery/processing/lane.h>

#include <rookery/base/murmur2.h>
#include <rookery/processing/partition.h>
#include <rookery/runtime/mutant.h>

#include <utility>

namespace rookery {

bool Lane::is_the_next_owners() const {
  if (mutant("dead_letters.dispatched_after_revocation")) return false;
  return partition_.is_ending() || partition_.is_gone();
}

// Goes past a record that the consumer gets no more. False: it must be waited for.
bool Lane::pass_by(const Record& record) {
  TakenAway& taken = taken_away_.at(record.offset());
  if (taken.is_passed) return true;
  if (taken.topic.empty()) {
    mark_own(record.offset(), record.offset());
    if (!std::exchange(taken.is_told, true)) {
      partition_.publish_taken(EventKind::kRecordSkipped, taken.source, "");
    }
  } else if (!send_dead_letter(record, taken)) {
    return false;
  }
  taken.is_passed = true;
  if (std::exchange(taken.backs_off, false)) {
    retry_at_ = deadline_in(jittered_backoff_of(settings_.retry_backoff, 1));
  }
  return true;
}

bool Lane::send_dead_letter(const Record& failed, TakenAway& taken) {
  const Offset offset = failed.offset();
  const Record* before = mutant("dead_letters.neighbour_sent") ? record_at(offset - 1) : nullptr;
  const Record& record = before != nullptr ? *before : failed;
  if (is_the_next_owners()) return false;  // to dispatch
  const auto count = partition_.partition_count(taken.topic, desk_.task);
  if (!count) {
    is_blocked_ = true;
    return false;
  }
  if (!*count) {
    note_dead_letter_failure(offset, count->error());
    return false;
  }
  const PartitionId destination =
      mutant("dead_letters.partitioned_by_key") && !record.key().is_null()
          ? partition_of_key(record.key().view(), **count)
          : dead_letter_partition(partition_.topic_partition().partition, **count);
  const std::string source_partition =
      mutant("dead_letters.key_replaced") ? std::to_string(record.partition()) : "";
  PendingRecord* pending = partition_.make_pending(desk_, offset, /*is_dead_letter=*/true,
                                                   taken.source.trace_id, taken.origin);
  const Status sent = partition_.environment().outputs->send(
      {.topic = taken.topic,
       .key = mutant("dead_letters.key_replaced") ? Bytes(source_partition) : record.key(),
       .value = record.value(),
       .headers = dead_letter_headers(record.headers(), taken.source),
       .partition = destination},
      *pending, deadline_in(partition_.environment().output_timeout), [this]() -> Status {
        if (!is_the_next_owners()) return {};
        return rookery::fail(ErrorCode::kRevoked,
                             partition_.topic_partition().text() + " is no longer ours");
      });
  if (!sent) {
    pending->abandon();
    if (sent.error().fatal) partition_.environment().on_fatal(sent.error());
    if (!is_the_next_owners()) note_dead_letter_failure(offset, sent.error());
    return false;
  }
  pending->release();
  if (settings_.dead_letter_queue && settings_.dead_letter_queue->dispatch == Dispatch::kSync) {
    awaited_ = offset;
  }
  if (!std::exchange(taken.is_told, true)) {
    partition_.publish_taken(EventKind::kDeadLetterDispatched, taken.source,
                             "to " + TopicPartition{taken.topic, destination}.text());
  }
  return true;
}

void Lane::note_dead_letter_failure(Offset offset, const Error& error) {
  const auto taken = taken_away_.find(offset);
  partition_.publish_error("dead_letter", std::string(name(error.code)), error.text(), offset,
                           taken == taken_away_.end() ? "" : taken->second.source.trace_id,
                           error.fatal);
  const Duration wait = jittered_backoff_of(settings_.retry_backoff, ++dead_letter_failures_);
  retry_at_ = deadline_in(wait);
}

}  // namespace rookery
