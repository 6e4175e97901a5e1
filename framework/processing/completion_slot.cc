// completion_slot.cc
//
// Finishing touches what a server owns, and may come after its end: CompletionCount says until
// when.
#include <rookery/processing/completion_slot.h>

#include <rookery/processing/consumer.h>
#include <rookery/processing/partition.h>
#include <rookery/recovery/trace_id.h>

#include <new>
#include <utility>

namespace rookery {
namespace {

SendFailed finished_before() {
  return SendFailed({.code = ErrorCode::kState,
                     .message = "the record is finished: send before done() and fail()"});
}

}  // namespace

CompletionSlot::CompletionSlot(Partition& partition, LaneDesk& desk)
    : partition_(partition),
      desk_(desk),
      environment_(partition.shared_environment()),
      topic_partition_(partition.topic_partition()) {}

// ---- The lane's side

Completion CompletionSlot::open(const Record& record, std::string trace_id,
                                std::shared_ptr<const OutputOrigin> origin) {
  std::shared_ptr<CompletionSlot> self = shared_from_this();
  environment_->completions.enter();
  MutexLock lock(mutex_);
  state_ = State::kUnderWay;
  record_ = &record;
  trace_id_ = std::move(trace_id);
  origin_ = std::move(origin);
  partition_kept_ = partition_.shared_from_this();
  return {std::move(self), {.number = ++number_, .offset = record.offset()}};
}

std::optional<CompletionSlot::Outcome> CompletionSlot::take_outcome() {
  MutexLock lock(mutex_);
  if (state_ != State::kFinished) return std::nullopt;
  state_ = State::kIdle;
  return Outcome{std::exchange(failure_, nullptr)};
}

void CompletionSlot::cancel() {
  bool was_under_way = false;
  {
    MutexLock lock(mutex_);
    was_under_way = state_ == State::kUnderWay;
    state_ = State::kIdle;
    failure_ = nullptr;
    partition_kept_.reset();  // not the last: the lane is in its step
  }
  if (was_under_way) environment_->completions.leave();
}

PendingRecord* CompletionSlot::take_pending() {
  MutexLock lock(mutex_);
  return std::exchange(pending_, nullptr);
}

void CompletionSlot::send_in_consume(const OutgoingRecord& record) {
  PendingRecord* pending = nullptr;
  {
    MutexLock lock(mutex_);
    pending = &held_pending();
  }
  send_as(*pending, record);
}

// ---- Any thread

bool CompletionSlot::finish(const Completion::Ticket& ticket, std::exception_ptr failure) {
  const std::optional<bool> is_ours = finish_once(ticket, std::move(failure));
  if (!is_ours) tell_twice(ticket);
  return is_ours.value_or(false);
}

void CompletionSlot::drop(const Completion::Ticket& ticket) {
  {
    MutexLock lock(mutex_);
    if (state_ != State::kUnderWay || ticket.number != number_) return;
  }
  finish_once(ticket, std::make_exception_ptr(CompletionDropped()));
}

// Whether the partition is ours; none when it was finished before.
std::optional<bool> CompletionSlot::finish_once(const Completion::Ticket& ticket,
                                                std::exception_ptr failure) {
  std::shared_ptr<Task> kept;
  {
    MutexLock lock(mutex_);
    if (state_ != State::kUnderWay || ticket.number != number_) return std::nullopt;
    state_ = State::kFinished;
    failure_ = std::move(failure);
    kept = std::move(partition_kept_);
  }
  const bool is_ours = !partition_.is_gone();
  if (!is_ours) {
    // The workers may have ended, and with them who else would let go of these.
    if (PendingRecord* pending = take_pending()) pending->abandon();
  }
  try {
    desk_.task.schedule();
  } catch (const std::bad_alloc&) {
    environment_->on_bad_alloc("the thread that finished a record of " + topic_partition_.text());
  }
  kept.reset();
  environment_->completions.leave();  // the last touch of what a server owns
  return is_ours;
}

void CompletionSlot::tell_twice(const Completion::Ticket& ticket) {
  if (!environment_->completions.enter()) return;
  environment_->events->publish(
      {.kind = EventKind::kErrorOccurred,
       .origin = environment_->origin,
       .message = "a record was finished twice, or after its consume had thrown",
       .error_type = "completion",
       .error_class = "CompletionFinishedTwice",
       .partition = topic_partition_,
       .offset = ticket.offset,
       .group = environment_->group});
  environment_->completions.leave();
}

void CompletionSlot::send(const Completion::Ticket& ticket, const OutgoingRecord& record) {
  // Others may finish the record meanwhile.
  if (!environment_->completions.enter()) throw finished_before();
  std::shared_ptr<Task> kept;
  const auto leave = [&] {
    kept.reset();
    environment_->completions.leave();
  };
  try {
    PendingRecord* pending = nullptr;
    {
      MutexLock lock(mutex_);
      if (state_ != State::kUnderWay || ticket.number != number_) throw finished_before();
      kept = partition_kept_;
      if (Status ours = still_ours(); !ours) throw SendFailed(ours.error());
      pending = &held_pending();
    }
    send_as(*pending, record);
  } catch (...) {
    leave();
    throw;
  }
  leave();
}

bool CompletionSlot::is_revoked(const Completion::Ticket& ticket) const {
  MutexLock lock(mutex_);
  if (state_ != State::kUnderWay || ticket.number != number_) return true;
  return partition_.is_revoked();
}

void CompletionSlot::let_go() {
  if (PendingRecord* pending = take_pending()) pending->abandon();
}

// Held once more, for the time of a send: the lane may let go of it meanwhile.
PendingRecord& CompletionSlot::held_pending() {
  if (pending_ == nullptr) {
    pending_ = partition_.make_pending(desk_, record_->offset(), /*is_dead_letter=*/false,
                                       origin_ ? trace_id_ : trace_id_or_empty(*record_), origin_);
  }
  pending_->hold();
  return *pending_;
}

Status CompletionSlot::still_ours() const {
  if (!partition_.is_gone()) return {};
  return rookery::fail(ErrorCode::kRevoked, topic_partition_.text() + " is no longer ours");
}

void CompletionSlot::send_as(PendingRecord& pending, const OutgoingRecord& record) {
  const Status sent = environment_->outputs->send(
      record, pending, deadline_in(environment_->output_timeout), [this] { return still_ours(); });
  if (!sent) pending.note_unsent(sent.error());
  pending.release();
  if (sent) return;
  if (sent.error().fatal) environment_->on_fatal(sent.error());
  throw SendFailed(sent.error());
}

}  // namespace rookery
