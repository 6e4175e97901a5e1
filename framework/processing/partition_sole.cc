// partition_sole.cc
//
// The step of a partition with one lane: run again, take, run.
#include <rookery/processing/partition.h>

#include <rookery/runtime/mutant.h>

#include <chrono>

namespace rookery {
namespace {

constexpr Duration kLookInterval = std::chrono::seconds(5);

}  // namespace

void Partition::advance_sole() {
  Lane& lane = sole_->lane;
  if (!lane.settle()) {
    if (mutant("life.ticks_at_work")) lane.tick_if_due();
    return drop_done();  // a step follows when it is finished
  }
  start_over_if_moved();
  go_back_if_needed();
  drop_done();
  if (waits_for_resume()) return;
  if (lane.retry_at() != kNever && now() < lane.retry_at()) {
    schedule_at(lane.retry_at());
    return;
  }
  if (lane.is_stuck()) look_at_the_log();
  if (!tell_end_if_due()) return;
  while (!lane.has_a_batch() && !is_quiet()) {
    if (!push_next(settings_.max_records)) break;
  }
  if (lane.waiting() == 0) return rest();
  if (must_wait_for_more()) return;
  lane.run();
  // What is left was dispatched already, and runs without waiting for more; but for a batch that
  // was full: the rest belongs to the next one.
  const bool begins_next_batch =
      lane.waiting() > 0 && lane.retry_at() == kNever && lane.runs_batches() && !lane.is_slicing();
  sole_->first_waiting = begins_next_batch && settings_.min_records > 1 ? now() : kNever;
  if (step_to_the_end()) return;
  if (sole_->desk.is_moved.load(std::memory_order_relaxed)) return schedule();
  drop_done();
  if (lane.retry_at() != kNever) {
    schedule_at(lane.retry_at());
  } else if (!lane.is_blocked()) {
    schedule();  // only an empty take means empty; others' turn first
  }
}

void Partition::go_back_if_needed() {
  if (!sole_->desk.is_interrupted.load(std::memory_order_relaxed)) return;
  hear_of_seek();
  const std::optional<OutputFailure> failed = marks_.take_failure(sole_->desk);
  if (!failed) return;
  sole_->lane.unmark_from(failed->offset);
  sole_->lane.rewind(*failed);
}

void Partition::drop_done() {
  const Offset done = marks_.committable();
  const std::optional<Offset> wake_at = sole_->lane.drop_below(done);
  if (!marks_.set_wake_at(sole_->desk, done, wake_at)) schedule();  // reached meanwhile
}

bool Partition::push_next(std::size_t most) {
  RecordBatch batch = take(most);
  if (batch.empty()) return false;
  if (sole_->lane.waiting() == 0 && settings_.min_records > 1) sole_->first_waiting = now();
  sole_->lane.push(LaneBatch(std::move(batch)));
  return true;
}

bool Partition::must_wait_for_more() {
  if (sole_->first_waiting == kNever || sole_->lane.has_a_batch()) return false;
  const TimePoint limit = saturating_add(sole_->first_waiting, settings_.max_wait);
  if (now() >= limit) return false;
  schedule_at(limit);
  return true;
}

// A stream that went back says so by what it gives next, which nobody takes while a record holds
// the lane up. One record now and then, in the room of the window, is enough to see.
void Partition::look_at_the_log() {
  if (is_quiet() || now() < saturating_add(sole_->looked_at, kLookInterval)) return;
  sole_->looked_at = now();
  if (filters_ && !filters_->empty()) return look_behind_what_waits();
  push_next(1);
}

}  // namespace rookery
