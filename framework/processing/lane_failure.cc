// lane_failure.cc
//
// What becomes of a record that failed: it runs again, is passed by, or becomes a dead letter.
#include <rookery/processing/lane.h>

#include <rookery/instrumentation/error_class.h>
#include <rookery/processing/deserializer.h>
#include <rookery/processing/partition.h>
#include <rookery/recovery/trace_id.h>
#include <rookery/routing/topic_name.h>
#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <new>
#include <utility>

namespace rookery {
namespace {

// What a broker or the client refuses because of the record itself. Anything else may succeed
// later, and is not the record's fault.
bool is_the_records_fault(ErrorCode code) {
  switch (code) {
    case ErrorCode::kMessageTooLarge:
    case ErrorCode::kRecordListTooLarge:
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kInvalidRecord:
    case ErrorCode::kInvalidTimestamp:
    case ErrorCode::kInvalidTopic:
    case ErrorCode::kState:
      return true;
    default:
      return false;
  }
}

std::string message_of(const RecordFailed& failed) {
  const std::string own = failed.what();
  if (!own.empty() || !failed.cause()) return own;
  try {
    std::rethrow_exception(failed.cause());
  } catch (const std::exception& cause) {
    return cause.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

}  // namespace

// ---- What was caught

Lane::Failure Lane::failure_of(const RecordFailed& failed) {
  Failure failure;
  if (failed.cause()) {
    if (auto cause = guarded([&] { std::rethrow_exception(failed.cause()); })) failure = *cause;
  } else {
    failure = failure_of(static_cast<const std::exception&>(failed));
  }
  if (dynamic_cast<const DeserializeFailed*>(&failed) != nullptr) failure.place = "deserialize";
  failure.message = message_of(failed);
  failure.blamed = failed.offset();
  return failure;
}

Lane::Failure Lane::failure_of(const SendFailed& failed) {
  Failure failure = failure_of(static_cast<const std::exception&>(failed));
  failure.place = "output";
  failure.is_passing = !is_the_records_fault(failed.error().code);
  failure.is_fatal = failed.error().fatal;
  return failure;
}

Lane::Failure Lane::failure_of(const std::exception& exception) {
  return {.place = "consume",
          .error_class = class_name(exception),
          .message = exception.what(),
          .exception = std::current_exception(),
          .thrown = &exception,
          .is_critical = dynamic_cast<const std::bad_alloc*>(&exception) != nullptr};
}

Lane::Failure Lane::failure_of_anything() {
  return {.place = "consume",
          .error_class = "unknown",
          .message = "an exception that is no std::exception",
          .exception = std::current_exception()};
}

Lane::Failure Lane::failure_of(const Error& output_error) {
  return {.place = "output",
          .error_class = class_name(SendFailed(output_error)),
          .message = output_error.text(),
          .exception = std::make_exception_ptr(SendFailed(output_error)),
          .is_fatal = output_error.fatal,
          .is_passing = !is_the_records_fault(output_error.code)};
}

Lane::Blame Lane::blame_in(const Slice& slice, const Batch& batch, const Failure& failure) const {
  const std::span<const Record> records = slice.records;
  const Offset suspects_end = slice.raw.back().offset() + 1;
  const auto known = [&](const Record& record) {
    return record.offset() >= marked_below_;  // what the consumer has marked is done
  };
  if (failure.blamed) {
    for (const Record& record : records) {
      if (record.offset() == *failure.blamed && known(record)) return {.record = &record};
    }
  } else if (batch.current() != Batch::kNone && known(records[batch.current()])) {
    return {.record = &records[batch.current()]};
  }
  if (records.size() == 1) return {.record = &records.front()};
  for (const Record& record : records) {
    if (known(record)) {
      return {.record = &record, .is_known = false, .suspects_end = suspects_end};
    }
  }
  return {.record = &records.back(), .is_known = false, .suspects_end = -1};
}

// ---- What is done about it

// is_again: it failed the last time, too. The count of failures in a row decides the backoff.
void Lane::fail(const Blame& blame, const Failure& failure, bool is_again) {
  const Offset offset = blame.record->offset();
  const bool has_restarted = settings_.dead_letter_queue &&
                             settings_.dead_letter_queue->independent && blame.is_known &&
                             offset != failed_offset_ && !is_slicing();
  if (!is_again || has_restarted) {
    failures_ = 0;
    strikes_ = 0;
    tracker_.clear();
  }
  ++failures_;
  if (!failure.is_passing && failure.is_the_records) ++strikes_;
  failed_offset_ = offset;
  tracker_.add({.error_class = failure.error_class,
                .message = failure.message,
                .offset = offset,
                .attempt = failures_,
                .trace_id = trace_id_of(*blame.record)});
  partition_.publish_failure(failure.place, failure.error_class, failure.message, offset, failures_,
                             tracker_.trace_id(), failure.is_critical || failure.is_fatal);
  if (failure.is_critical) return halt(failure);
  if (is_the_next_owners()) return;  // to run again
  const bool is_asked = failure.is_the_records;
  const Decision chosen = is_asked ? decide(failure) : retry();
  const Decision decision = resolve(chosen, strikes_);
  switch (decision.action) {
    case Decision::Action::kRetry: {
      const Decision next = resolve(chosen, strikes_ + 1);
      const bool is_last =
          next.action == Decision::Action::kDispatch || next.action == Decision::Action::kSkip;
      // The last attempt tells who is to blame.
      if (is_last && !blame.is_known) slices_end_ = blame.suspects_end;
      return wait_for(jittered_backoff_of(settings_.retry_backoff, failures_));
    }
    case Decision::Action::kPause:
      return wait_for(decision.pause_for);
    case Decision::Action::kStop:
      return halt(failure);
    case Decision::Action::kSkip:
    case Decision::Action::kDispatch:
      return give_up_on(blame, failure, decision, chosen.action == decision.action);
  }
}

// What the policy says; the dead letter queue's word where it says nothing.
Decision Lane::decide(const Failure& failure) {
  std::optional<Decision> chosen;
  const auto ask = [&](const std::exception* exception) {
    if (!failure.is_passing) {
      chosen = settings_.on_error.decide(exception, tracker_, failures_);
    } else if (exception != nullptr) {
      chosen = settings_.on_error.decide_by_name(*exception);
    }
  };
  const auto broken = guarded([&] {
    if (failure.thrown != nullptr) return ask(failure.thrown);
    try {
      if (failure.exception) std::rethrow_exception(failure.exception);
      ask(nullptr);
    } catch (const std::exception& exception) {
      ask(&exception);
    } catch (...) {
      ask(nullptr);
    }
  });
  if (broken) {
    partition_.publish_error("policy", broken->error_class, broken->message, failed_offset_,
                             tracker_.trace_id(), broken->is_critical);
    return broken->is_critical ? stop() : retry();
  }
  if (chosen) {
    const std::string wrong = why_undeliverable(*chosen);
    if (wrong.empty()) return *chosen;
    // A table is checked at start, a callable can only be here.
    partition_.publish_error("policy", "InvalidTopic", wrong, failed_offset_, tracker_.trace_id());
  }
  if (failure.is_passing || !settings_.dead_letter_queue) return retry();
  return retry(static_cast<std::uint64_t>(settings_.dead_letter_queue->max_retries));
}

// Where a decision would dispatch to, if that cannot be; empty when it can.
std::string Lane::why_undeliverable(const Decision& decision) const {
  if (decision.next) {
    if (const std::string wrong = why_undeliverable(*decision.next); !wrong.empty()) return wrong;
  }
  if (decision.action != Decision::Action::kDispatch || decision.topic.empty()) return "";
  if (decision.topic == partition_.topic_partition().topic) {
    return "a dead letter of " + decision.topic + " cannot go to " + decision.topic + " itself";
  }
  if (const auto illegal = illegal_topic_name(decision.topic)) {
    return "dispatch to '" + decision.topic + "': " + *illegal;
  }
  return "";
}

// Retries that are used up become what follows them; a dispatch gets its topic.
Decision Lane::resolve(const Decision& decision, std::uint64_t strikes) const {
  Decision resolved = decision;
  while (resolved.action == Decision::Action::kRetry && strikes > resolved.retries_max) {
    resolved = resolved.next ? Decision(*resolved.next) : when_exhausted();
  }
  if (resolved.action == Decision::Action::kDispatch && resolved.topic.empty()) {
    resolved = when_exhausted();
  }
  return resolved;
}

Decision Lane::when_exhausted() const {
  if (!settings_.dead_letter_queue) return retry();
  const std::string& topic = settings_.dead_letter_queue->topic;
  return topic.empty() ? skip() : dispatch(topic);
}

// is_chosen: the policy said so at once, without a retry before: nothing suggests to wait.
void Lane::give_up_on(const Blame& blame, const Failure& failure, const Decision& decision,
                      bool is_chosen) {
  const Record& record = *blame.record;
  if (!blame.is_known) {
    slices_end_ = blame.suspects_end;
    return wait_for(jittered_backoff_of(settings_.retry_backoff, failures_));
  }
  taken_away_[record.offset()] = {
      .topic = decision.topic,
      .source = {.partition = partition_.topic_partition(),
                 .offset = record.offset(),
                 .group = partition_.environment().group,
                 .attempts = failures_,
                 .trace_id = tracker_.trace_id(),
                 .timestamp_ms =
                     record.has_timestamp() ? record.timestamp().time_since_epoch().count() : -1,
                 .error_class = failure.error_class,
                 .error_message = failure.message},
      .backs_off = !is_chosen};
  if (decision.action == Decision::Action::kDispatch) {
    const bool is_marked =
        !settings_.dead_letter_queue || settings_.dead_letter_queue->mark_after_dispatch;
    partition_.take_away(record.offset(), is_marked);
  }
  failures_ = 0;
  strikes_ = 0;
  failed_offset_ = -1;
  slices_end_ = -1;
  tracker_.clear();
  // Otherwise the lane comes by once more.
  if (mutant("dead_letters.dispatched_after_revocation") && partition_.is_ending()) pass_by(record);
}

void Lane::wait_for(Duration wait) {
  retry_at_ = deadline_in(wait);
  partition_.publish_retry(failed_offset_, failures_, wait);
}

void Lane::halt(const Failure& failure) {
  is_halted_ = is_blocked_ = true;
  partition_.environment().on_fatal({.code = ErrorCode::kUserCode,
                                     .message = failure.error_class + ": " + failure.message,
                                     .fatal = true});
}

void Lane::succeeded() {
  failures_ = 0;
  strikes_ = 0;
  slices_end_ = -1;
  if (!tracker_.empty()) tracker_.clear();
}

// ---- Going back

void Lane::rewind(const OutputFailure& failed) {
  const Offset offset = failed.offset;
  const bool will_run_anyway =
      waiting_ > 0 && batches_[next_batch_][next_record_].offset() <= offset;
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
  const bool is_known = failed.suspects_end <= offset + 1;
  fail({.record = record, .is_known = is_known, .suspects_end = failed.suspects_end}, failure,
       offset == failed_offset_);
}

void Lane::forget_from(Offset offset) {
  const Offset next = waiting_ > 0 ? batches_[next_batch_][next_record_].offset() : offset;
  abandon_from(offset);
  marked_below_ = std::min(marked_below_, offset);
  slices_end_ = std::min(slices_end_, offset);
  taken_away_.erase(taken_away_.lower_bound(offset), taken_away_.end());
  if (awaited_ && *awaited_ >= offset) awaited_.reset();
  if (failed_offset_ >= offset) {
    succeeded();
    dead_letter_failures_ = 0;
    failed_offset_ = -1;
    retry_at_ = kNever;
  }
  while (!batches_.empty() && batches_.back().records().front().offset() >= offset) {
    batches_.pop_back();
  }
  if (!batches_.empty()) {
    const std::span<const Record> records = batches_.back().records();
    const auto kept =
        std::partition_point(records.begin(), records.end(),
                             [offset](const Record& record) { return record.offset() < offset; });
    batches_.back().keep_first(static_cast<std::size_t>(kept - records.begin()));
  }
  move_to(std::min(next, offset));
}

const Record* Lane::record_at(Offset offset) const {
  for (const RecordBatch& batch : batches_) {
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
