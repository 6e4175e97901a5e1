// lane_waiting.cc
//
// Records that are finished later than consume returns: the lane stands at one until then.
#include <rookery/processing/lane.h>

#include <rookery/processing/partition.h>
#include <rookery/runtime/mutant.h>

#include <utility>

namespace rookery {

// Those that were finished at once are gone on from, as many as make a batch.
void Lane::run_waiting() {
  std::size_t begun = 0;
  do {
    begin_waiting();
    ++begun;
  } while (begun < settings_.max_records && waiting_ > 0 && !is_under_way_ && retry_at_ == kNever &&
           !is_blocked_ && !awaited_ && !is_interrupted() && next_offset() < run_below_);
}

void Lane::begin_waiting() {
  const Record& record = next_record();
  if (!taken_away_.empty() && taken_away_.contains(record.offset())) {
    if (!pass_by(record)) return;
    if (settings_.marking == Marking::kAutomatic) mark_through(record.offset());
    return advance(1);
  }
  if (!completions_) {
    completions_ = std::make_shared<CompletionSlot>(partition_, desk_);
    partition_.environment().completions.watch(completions_);
  }
  attempt_ = record.offset() == failed_offset_ ? failures_ + 1 : 1;
  if (attempt_ == 1 && !tracker_.empty()) tracker_.clear();
  note_consume_began(record.offset(), record.offset() + 1);
  trace_begin(record);
  std::optional<Failure> failure;
  {
    const Running<const Record> running(running_record_, record);
    failure = guarded([&] {
      consumer_->run_waiting(
          record,
          completions_->open(record, trace_ ? output_trace_id(record) : "", origin_of(record)));
    });
  }
  is_under_way_ = true;
  if (failure) {
    completions_->cancel();
    return end_waiting(failure);
  }
  desk_.note_returned();
  if (mutant("waiting.marked_on_return")) mark_through(record.offset());
  settle();
}

bool Lane::settle() {
  if (!is_under_way_) return true;
  const auto outcome = completions_->take_outcome();
  if (!outcome) return false;
  std::optional<Failure> failure;
  if (outcome->failure) {
    failure = guarded([&] { std::rethrow_exception(outcome->failure); });
  }
  end_waiting(failure);
  return true;
}

void Lane::end_waiting(const std::optional<Failure>& failure) {
  is_under_way_ = false;
  trace_end(failure);
  note_consume_ended();
  const Record& record = next_record();
  hold_own_outputs();
  if (failure) {
    abandon_from(record.offset());
    return fail({.record = &record}, *failure, attempt_ > 1);
  }
  if (unmarked_.empty() && attempt_ > 1) succeeded();
  partition_.note_records_consumed(1);
  if (settings_.marking == Marking::kAutomatic) mark_through(record.offset());
  advance(1);
}

// What was sent for the record under way so far.
void Lane::hold_own_outputs() {
  if (!completions_) return;
  if (PendingRecord* pending = completions_->take_pending()) unmarked_.push_back(pending);
}

}  // namespace rookery
