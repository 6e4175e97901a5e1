// filter_stage.cc
//
// Filtering what waits first, and what follows for the rest.
#include <rookery/processing/filter_stage.h>

#include <rookery/instrumentation/error_class.h>
#include <rookery/runtime/mutant.h>
#include <rookery/runtime/mutex.h>

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

namespace rookery {

void FilterStage::add(RecordBatch batch, Offset next_offset) {
  records_ += batch.size();
  waiting_.emplace_back(std::move(batch), next_offset);
}

void FilterStage::forget_from(Offset offset) {
  for (WaitingBatch& batch : waiting_) batch.forget_from(offset);
  std::erase_if(waiting_, [](const WaitingBatch& batch) { return batch.empty(); });
  records_ = 0;
  for (const WaitingBatch& batch : waiting_) records_ += batch.size();
  // What was dropped may lie below: has_dropped_ stays, until a record passes.
  filtered_below_ = std::min(filtered_below_, offset);
  wanted_from_ = -1;
  failures_ = 0;
  paused_at_ = -1;
  // A pause was about records that are gone, or is found again.
  due_at_ = TimePoint();
}

void FilterStage::start_over() {
  waiting_.clear();
  records_ = 0;
  due_at_ = TimePoint();
  filtered_below_ = wanted_from_ = paused_at_ = -1;
  has_dropped_ = false;
  failures_ = 0;
}

void FilterStage::clear() {
  waiting_.clear();
  records_ = 0;
  chain_.reset();
}

FilterStage::Outcome FilterStage::filter() {
  assert_no_locks_held("a filter");
  skip_to_cursor();
  if (waiting_.empty()) return {};
  try {
    if (!chain_) chain_.emplace(settings_.filters, partition_);
    const ChainVerdict verdict = chain_->apply(waiting_.front().records(), now(), wall_now());
    if (auto message = objection(verdict)) return fail("FilterError", *std::move(message));
    Outcome outcome{.split = SplitBatch(waiting_.front(), verdict)};
    follow(verdict, *outcome.split, outcome);
    return outcome;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& exception) {
    return fail(class_name(exception), exception.what());
  } catch (...) {
    return fail("unknown", "not a std::exception");
  }
}

// What the filters ask for and cannot have.
std::optional<std::string> FilterStage::objection(const ChainVerdict& verdict) const {
  if (!verdict.is_applied || verdict.action.kind == FilterAction::Kind::kSkip) return std::nullopt;
  if (verdict.cursor && *verdict.cursor < filtered_below_) {
    return "the filters want record " + std::to_string(*verdict.cursor) +
           " next, and have been past it already: they cannot go back behind " +
           std::to_string(filtered_below_);
  }
  const bool waits = verdict.action.kind == FilterAction::Kind::kPause &&
                     verdict.action.pause_for > Duration::zero();
  if (verdict.held_begin == 0 && !waits) {
    return "the filters want the same records again, at once: nothing could ever come of it";
  }
  return std::nullopt;
}

void FilterStage::follow(const ChainVerdict& verdict, const SplitBatch& split, Outcome& outcome) {
  failures_ = 0;
  const Offset next_offset = waiting_.front().next_offset();
  if (verdict.held_begin > 0) {
    filtered_below_ = waiting_.front().records()[verdict.held_begin - 1].offset() + 1;
  }
  if (!split.passed().empty()) has_dropped_ = false;
  if (split.dropped() > 0) has_dropped_ = true;
  records_ -= verdict.held_begin;
  if (split.held().empty()) {
    waiting_.pop_front();
  } else {
    waiting_.front() = WaitingBatch(split.held());
  }
  if (verdict.cursor && *verdict.cursor > next_offset) wanted_from_ = *verdict.cursor;
  due_at_ = TimePoint();
  if (verdict.action.kind != FilterAction::Kind::kPause) return;
  due_at_ = deadline_in(verdict.action.pause_for);
  if (mutant("filters.pause_for_ever")) due_at_ = kNever;
  const Offset first = waiting_.empty() ? Offset{-1} : waiting_.front().records()[0].offset();
  if (first >= 0 && first == std::exchange(paused_at_, first)) return;  // still the same pause
  outcome.pause = Pause{
      .time = verdict.action.pause_for, .offset = first, .records = split.held().records().size()};
}

FilterStage::Outcome FilterStage::fail(std::string error_class, std::string message) {
  ++failures_;
  const Duration wait = jittered_backoff_of(settings_.retry_backoff, failures_);
  due_at_ = deadline_in(wait);
  return {.failure = Failure{.error_class = std::move(error_class),
                             .message = std::move(message),
                             .offset = waiting_.front().records()[0].offset(),
                             .attempt = failures_,
                             .wait = wait}};
}

// Records before a cursor that lay beyond its batch.
void FilterStage::skip_to_cursor() {
  while (!waiting_.empty() && waiting_.front().records()[0].offset() < wanted_from_) {
    WaitingBatch& first = waiting_.front();
    const std::size_t before = first.size();
    first.drop_below(wanted_from_);
    has_dropped_ = true;
    records_ -= before - first.size();
    if (first.empty()) waiting_.pop_front();
  }
  if (!waiting_.empty()) wanted_from_ = -1;
}

}  // namespace rookery
