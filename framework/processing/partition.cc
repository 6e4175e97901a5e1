// partition.cc
//
// The partition's step: end, run again, take, run.
#include <rookery/processing/partition.h>

#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

namespace rookery {
namespace {

constexpr Duration kLookInterval = std::chrono::seconds(5);

}  // namespace

Partition::Partition(std::shared_ptr<PartitionEnvironment> environment,
                     const AssignedPartition& assigned, ConsumerFactory factory,
                     TopicSettings settings)
    : environment_(std::move(environment)),
      topic_partition_(assigned.partition),
      assignment_(assigned.assignment),
      stream_(assigned.stream),
      settings_(settings),
      lane_(*this, std::move(factory), settings_) {
  attach_to(*environment_->pool);
}

Partition::~Partition() = default;

void Partition::start() {
  stream_->set_ready([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->schedule();
  });
  schedule();  // a new stream counts as ready
}

void Partition::end(Ending ending) {
  if (ending_.load() < static_cast<int>(ending)) ending_.store(static_cast<int>(ending));
  is_interrupted_.store(true);
  environment_->outputs->wake();  // a dead letter that waits for room is the next owner's now
  schedule();
}

void Partition::finish() {
  stream_->clear_ready();
  {
    MutexLock lock(mutex_);
    is_gone_.store(true, std::memory_order_release);
  }
  environment_->outputs->wake();  // a consumer that waits for room learns that it is over
  schedule();
}

bool Partition::is_quiesced() const {
  MutexLock lock(mutex_);
  return is_quiesced_;
}

bool Partition::is_revoked() const {
  return is_gone() || ending_.load() >= static_cast<int>(Ending::kRevoked);
}

Offset Partition::committable() const {
  MutexLock lock(mutex_);
  return ledger_.committable();
}

// ---- The step

void Partition::step() {
  if (is_broken_) return step_to_the_broken_end();
  try {
    advance();
  } catch (const std::bad_alloc&) {
    break_down();
  }
}

void Partition::advance() {
  if (step_to_the_end()) return;
  rewind_if_needed();
  drop_done();
  if (lane_.retry_at() != kNever && now() < lane_.retry_at()) {
    schedule_at(lane_.retry_at());
    return;
  }
  if (lane_.is_stuck()) look_at_the_log();
  while (!lane_.has_a_batch() && !environment_->is_quiet.load(std::memory_order_relaxed)) {
    if (!take(settings_.max_records)) break;
  }
  if (lane_.waiting() == 0 || must_wait_for_more()) return;
  lane_.run();
  // What is left was dispatched already, and runs without waiting for more; but for a batch that
  // was full: the rest belongs to the next one.
  const bool begins_next_batch = lane_.waiting() > 0 && lane_.retry_at() == kNever &&
                                 lane_.runs_batches() && !lane_.is_slicing();
  first_waiting_ = begins_next_batch && settings_.min_records > 1 ? now() : kNever;
  if (step_to_the_end()) return;
  drop_done();
  if (lane_.retry_at() != kNever) {
    schedule_at(lane_.retry_at());
  } else if (!lane_.is_blocked()) {
    schedule();  // only an empty take means empty; others' turn first
  }
}

// What the step left half done is not gone on with: what is committable stays, and all after it is
// the next owner's. The server stops, and so this ends.
void Partition::break_down() {
  is_broken_ = true;
  {
    MutexLock lock(mutex_);
    is_ledger_closed_ = true;
    is_gone_.store(true, std::memory_order_release);
  }
  environment_->on_bad_alloc("the worker of " + topic_partition_.text());
  schedule();
}

void Partition::step_to_the_broken_end() {
  if (!is_ending()) return;
  lane_.clear();
  {
    MutexLock lock(mutex_);
    if (std::exchange(is_quiesced_, true)) return;
  }
  environment_->on_quiesced();
}

// Whether the partition is ending: then nothing else is to be done.
bool Partition::step_to_the_end() {
  const auto ending = static_cast<Ending>(ending_.load());
  if (ending == Ending::kNone) return false;
  if (!is_lane_ended_) end_lane(ending);
  {
    MutexLock lock(mutex_);
    if (is_quiesced_) return true;
    // What was consumed is marked when its outputs are acknowledged; on_pending_gone comes back
    // here.
    if (!pending_.empty() && ending != Ending::kLost && !is_gone()) return true;
    is_quiesced_ = true;
  }
  environment_->on_quiesced();
  return true;
}

void Partition::end_lane(Ending ending) {
  is_lane_ended_ = true;
  std::optional<OutputFailure> failed;
  {
    MutexLock lock(mutex_);
    failed = std::exchange(output_failure_, std::nullopt);
  }
  if (failed) publish_output_failure(*failed);
  if (ending == Ending::kShutdown) {
    lane_.run_hook(&ConsumerBase::shutdown, "shutdown");
  } else {
    lane_.run_hook(&ConsumerBase::revoked, "revoked");
  }
  lane_.clear();
}

void Partition::rewind_if_needed() {
  if (!is_interrupted()) return;
  std::optional<OutputFailure> failed;
  {
    MutexLock lock(mutex_);
    is_interrupted_.store(false);
    if (is_ending()) is_interrupted_.store(true);
    failed = std::exchange(output_failure_, std::nullopt);
    if (failed) {
      // Those after it run again, and so will their outputs: a later record must not count as done
      // by an output that stands before its predecessor's.
      ledger_.unmark_from(failed->offset);
      for (PendingRecord* pending : pending_) {
        if (pending->offset() >= failed->offset) pending->is_superseded = true;
      }
      for (auto taken = taken_away_.lower_bound(failed->offset); taken != taken_away_.end();
           ++taken) {
        taken->second.is_acknowledged = taken->second.is_covered = false;
      }
    }
  }
  if (failed) lane_.rewind(*failed);
}

void Partition::drop_done() {
  Offset done;
  {
    MutexLock lock(mutex_);
    done = ledger_.committable();
  }
  const std::optional<Offset> wake_at = lane_.drop_below(done);
  bool is_due = false;
  {
    MutexLock lock(mutex_);
    taken_away_.erase(taken_away_.begin(), taken_away_.lower_bound(done));
    wake_at_ = wake_at.value_or(kNoWake);
    is_due = ledger_.committable() >= wake_at_;  // reached meanwhile
  }
  if (is_due) schedule();
}

// A stream that went back says so by what it gives next, which nobody takes while a record holds
// the lane up. One record now and then, in the room of the window, is enough to see.
void Partition::look_at_the_log() {
  if (environment_->is_quiet.load(std::memory_order_relaxed)) return;
  if (now() < saturating_add(looked_at_, kLookInterval)) return;
  looked_at_ = now();
  take(1);
}

bool Partition::has_left_the_log(Offset offset) {
  const std::optional<Offset> start = environment_->log_starts->find(topic_partition_);
  return start && offset < *start;
}

bool Partition::take(std::size_t most) {
  std::size_t room;
  {
    MutexLock lock(mutex_);
    room = settings_.window - std::min(settings_.window, ledger_.outstanding());
  }
  if (room == 0) return false;  // a step follows when records are done (wake_at_)
  Taken taken = stream_->take(std::min(most, room), settings_.max_bytes);
  if (taken.error && taken.error->code != ErrorCode::kRevoked &&
      last_take_error_ != taken.error->code) {
    publish_error("fetch", std::string(name(taken.error->code)), taken.error->message);
  }
  if (taken.error || !taken.batch.empty()) {
    last_take_error_ = taken.error ? std::optional(taken.error->code) : std::nullopt;
  }
  if (!taken.batch.empty()) {
    if (taken.batch[0].offset() < taken_below_) forget_from(taken.batch[0].offset());
    taken_below_ = taken.batch.records().back().offset() + 1;
  }
  {
    MutexLock lock(mutex_);
    ledger_.take(taken.batch.records(), taken.next_offset);
  }
  if (taken.batch.empty()) return false;
  if (lane_.waiting() == 0 && settings_.min_records > 1) first_waiting_ = now();
  lane_.push(std::move(taken.batch));
  return true;
}

// The stream went back: others lie there now, or the same again (an unclean election, a loss of
// power; KIP-320, or auto.offset.reset where the client cannot tell). What is known about what lay
// there says nothing about them.
void Partition::forget_from(Offset offset) {
  if (mutant("partition.keeps_what_was_truncated")) return;
  std::optional<OutputFailure> failed;
  {
    MutexLock lock(mutex_);
    ledger_.forget_from(offset);
    for (PendingRecord* pending : pending_) {
      if (pending->offset() >= offset) pending->is_superseded = true;
    }
    taken_away_.erase(taken_away_.lower_bound(offset), taken_away_.end());
    if (output_failure_ && output_failure_->offset >= offset) {
      failed = std::exchange(output_failure_, std::nullopt);
    }
  }
  if (failed) publish_output_failure(*failed);
  lane_.forget_from(offset);
}

bool Partition::must_wait_for_more() {
  if (first_waiting_ == kNever || lane_.has_a_batch()) return false;
  const TimePoint limit = saturating_add(first_waiting_, settings_.max_wait);
  if (now() >= limit) return false;
  schedule_at(limit);
  return true;
}

// ---- Marks and outputs

bool Partition::mark_range(Offset first, Offset last) {
  MutexLock lock(mutex_);
  if (is_gone()) return false;
  for (auto taken = taken_away_.lower_bound(first); taken != taken_away_.end(); ++taken) {
    const Offset offset = taken->first;
    if (offset > last) break;
    taken->second.is_covered = true;
    if (first < offset) ledger_.mark_range(first, offset - 1);
    mark_dead_letter_locked(offset);
    first = offset + 1;
  }
  if (first <= last) ledger_.mark_range(first, last);
  return true;
}

void Partition::mark_dead_letter_locked(Offset offset) {
  const auto taken = taken_away_.find(offset);
  if (taken == taken_away_.end() || !taken->second.is_acknowledged) return;
  if (taken->second.marks_itself || taken->second.is_covered) ledger_.mark(offset);
}

void Partition::take_away(Offset offset, bool marks_itself) {
  MutexLock lock(mutex_);
  taken_away_[offset] = {.marks_itself = marks_itself,
                         .is_acknowledged = mutant("dead_letters.marked_before_acknowledged")};
}

bool Partition::is_dead_letter_acknowledged(Offset offset) const {
  MutexLock lock(mutex_);
  const auto taken = taken_away_.find(offset);
  return taken == taken_away_.end() || taken->second.is_acknowledged;
}

std::optional<Result<std::int32_t>> Partition::partition_count(const std::string& topic) {
  if (environment_->partition_counts == nullptr) {
    return Result<std::int32_t>(fail(ErrorCode::kState, topic + ": the route names no such topic"));
  }
  return environment_->partition_counts->find(topic, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->schedule();
  });
}

PendingRecord* Partition::make_pending(Offset offset, bool is_dead_letter, std::string trace_id) {
  auto* pending = new PendingRecord(std::static_pointer_cast<Partition>(shared_from_this()), offset,
                                    is_dead_letter, std::move(trace_id));
  MutexLock lock(mutex_);
  pending->place = pending_.size();
  pending_.push_back(pending);
  return pending;
}

void Partition::on_outputs_acknowledged(PendingRecord& pending) {
  bool is_due = false;
  {
    MutexLock lock(mutex_);
    if (pending.is_superseded || is_ledger_closed_) return;
    if (pending.is_dead_letter()) {
      if (const auto taken = taken_away_.find(pending.offset()); taken != taken_away_.end()) {
        taken->second.is_acknowledged = true;
      }
      mark_dead_letter_locked(pending.offset());
      is_due = settings_.dead_letter_queue &&
               settings_.dead_letter_queue->dispatch == Dispatch::kSync;  // awaited
    } else {
      ledger_.mark(pending.offset());
    }
    is_due = is_due || ledger_.committable() >= wake_at_;
  }
  if (is_due) schedule();
}

void Partition::on_output_failed(PendingRecord& pending, const Error& error, bool is_still_wanted) {
  if (error.fatal) environment_->on_fatal(error);
  const OutputFailure failed{.offset = pending.offset(),
                             .suspects_end = pending.suspects_end(),
                             .is_dead_letter = pending.is_dead_letter(),
                             .error = error,
                             .trace_id = pending.trace_id()};
  bool will_run_again = is_still_wanted;
  std::optional<OutputFailure> told_here = failed;
  {
    MutexLock lock(mutex_);
    // Not for the output of an earlier run, or of a record marked before its outputs, or of one
    // that is the next owner's.
    will_run_again = is_still_wanted && !pending.is_superseded && !is_ending() &&
                     !is_ledger_closed_ && !ledger_.is_done(pending.offset());
    if (will_run_again && (!output_failure_ || failed.offset < output_failure_->offset)) {
      told_here = std::exchange(output_failure_, failed);
      is_interrupted_.store(true);
    }
  }
  if (will_run_again) schedule();  // tells what the lane goes back for
  if (told_here) publish_output_failure(*told_here);
}

void Partition::on_pending_gone(PendingRecord& pending) {
  bool is_last = false;
  {
    MutexLock lock(mutex_);
    pending_.back()->place = pending.place;
    pending_[pending.place] = pending_.back();
    pending_.pop_back();
    is_last = pending_.empty();
  }
  if (is_last && is_ending()) schedule();
}

}  // namespace rookery
