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

// What a wrap itself throws is its record's failure; of a batch nobody is known to be the culprit.
Lane::Failure Lane::failure_of(const WrapFailed& failed) {
  Failure failure = *guarded([&] { std::rethrow_exception(failed.cause()); });
  if (failure.place == "consume") failure.place = "wrap";
  if (!failure.blamed) failure.blamed = -1;
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
  suspects_end_ = blame.is_known ? offset + 1 : blame.suspects_end;
  tracker_.add({.error_class = failure.error_class,
                .message = failure.message,
                .offset = offset,
                .attempt = failures_,
                .trace_id = trace_ ? trace_->failed(*blame.record) : trace_id_of(*blame.record)});
  partition_.publish_failure(failure.place, failure.error_class, failure.message, offset, failures_,
                             tracker_.trace_id(), failure.is_critical || failure.is_fatal);
  if (failure.is_critical) return halt(failure);
  if (is_the_next_owners()) return;  // to run again
  const bool is_asked = failure.is_the_records;
  const Decision chosen = is_asked ? decide(failure) : retry();
  const Decision decision = resolve(chosen, strikes_);
  if (is_asked && !failure.is_passing && is_lost(offset, decision)) {
    if (blame.is_known) {
      tell_of_loss(offset, tracker_.trace_id(),
                   "retention has passed the record while it was retried: it is given up");
    }
    return give_up_on(blame, failure, skip(), /*is_chosen=*/true);
  }
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

// Whether the record would be waited for without end although its log has it no more: nobody else
// will ever see it, and those behind it are to go on.
bool Lane::is_lost(Offset offset, const Decision& decision) const {
  const bool is_without_end = decision.action == Decision::Action::kPause ||
                              (decision.action == Decision::Action::kRetry &&
                               decision.retries_max == Decision::kWithoutEnd);
  return is_without_end && is_record_stuck() && partition_.has_left_the_log(offset);
}

void Lane::tell_of_loss(Offset offset, const std::string& trace_id, const std::string& message) {
  partition_.publish_error("log", "RecordLost", message, offset, trace_id);
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
      .backs_off = !is_chosen,
      .origin = origin_of(record)};
  if (decision.action == Decision::Action::kDispatch) {
    const bool is_marked =
        !settings_.dead_letter_queue || settings_.dead_letter_queue->mark_after_dispatch;
    partition_.marks().take_away(record.offset(), is_marked);
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

}  // namespace rookery
