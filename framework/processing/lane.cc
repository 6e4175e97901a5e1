// lane.cc
//
// Running a consumer over records.
#include <rookery/processing/lane.h>

#include <rookery/instrumentation/error_class.h>
#include <rookery/processing/partition.h>

#include <algorithm>
#include <utility>

namespace rookery {
namespace {

// Of the first at or above the offset.
std::size_t index_of(std::span<const Record> records, Offset offset) {
  const auto found =
      std::partition_point(records.begin(), records.end(),
                           [offset](const Record& record) { return record.offset() < offset; });
  return static_cast<std::size_t>(found - records.begin());
}

// Notes how long a run lasts, where somebody wants to know.
class TimedRun {
 public:
  TimedRun(TopicTimes* times, const Record& first, TimePoint taken_at) : times_(times) {
    if (times_ == nullptr) return;
    begin_ = now();
    // Producers write what they like: in nanoseconds it might not fit.
    using Seconds = DurationHistogram::Seconds;
    if (first.has_timestamp()) {
      times_->consumption_lag.observe(Seconds(wall_now().time_since_epoch()) -
                                      Seconds(first.timestamp().time_since_epoch()));
    }
    times_->processing_lag.observe(begin_ - taken_at);
  }
  ~TimedRun() {
    if (times_ != nullptr) times_->consume.observe(now() - begin_);
  }
  TimedRun(const TimedRun&) = delete;
  TimedRun& operator=(const TimedRun&) = delete;

 private:
  TopicTimes* const times_;
  TimePoint begin_;
};

}  // namespace

Lane::Lane(Partition& partition, LaneDesk& desk, ConsumerFactory factory,
           const TopicSettings& settings)
    : partition_(partition),
      desk_(desk),
      factory_(std::move(factory)),
      settings_(settings),
      tracker_(partition.topic_partition()) {
  const PartitionEnvironment& environment = partition.environment();
  if (environment.tracer) {
    trace_ = std::make_unique<LaneTrace>(*environment.tracer, environment.group);
  }
}

Lane::~Lane() { clear(); }

void Lane::run(Offset below) {
  run_below_ = below;
  retry_at_ = next_tick_ = kNever;
  is_blocked_ = is_halted_;
  if (is_halted_ || waiting_ == 0) return;
  if (awaited_ && !partition_.marks().is_dead_letter_acknowledged(*awaited_)) {
    is_blocked_ = true;
    return;
  }
  if (std::exchange(awaited_, std::nullopt)) dead_letter_failures_ = 0;
  if (auto failure = guarded([this] { make_consumer(); })) {
    failure->place = consumer_ ? "initialized" : "factory";
    failure->is_the_records = false;
    const Record& record = next_record();
    return fail({.record = &record}, *failure, record.offset() == failed_offset_);
  }
  // By initialized(): there is nothing to run here, or not now.
  if (desk_.is_moved.load(std::memory_order_relaxed) || partition_.is_paused()) return;
  const TimedRun timed(partition_.times(), next_record(), batches_[next_batch_].taken_at());
  if (consumer_->finishes_later()) {
    run_waiting();
  } else if (consumer_->consumes_batches()) {
    run_batch();
  } else {
    const std::size_t batch = next_batch_;
    const std::size_t before = waiting_;
    turn_ends_ = waiting_ > 1 ? saturating_add(now(), kTurn) : kNever;
    do run_records();
    while (goes_on_with(batch, before - waiting_));
  }
}

// A record that was given up at once holds nobody up: the rest of its batch needs no other step.
// Nor do small shares of batches, as many as make a batch.
bool Lane::goes_on_with(std::size_t batch, std::size_t records) const {
  if (next_batch_ != batch && (desk_.is_sole || records >= settings_.max_records)) return false;
  if (waiting_ == 0 || retry_at_ != kNever || is_blocked_ || awaited_ || is_interrupted()) {
    return false;
  }
  if (next_offset() >= run_below_ || is_turn_over(*partition_.environment().pool)) return false;
  return next_batch_ != batch || taken_away_.contains(next_offset());
}

// More lanes than workers share these by turns: who has much to do would else have to be waited for
// by all others, and the last one would work alone.
bool Lane::is_turn_over(const WorkerPool& pool) const {
  return pool.has_waiting() && now() >= turn_ends_;
}

// ---- One at a time

void Lane::run_records() {
  const std::span<const Record> records = batches_[next_batch_].records();
  const bool is_automatic = settings_.marking == Marking::kAutomatic;
  const WorkerPool& pool = *partition_.environment().pool;
  const std::size_t first = next_record_;
  std::size_t index = first;
  std::size_t consumed = 0;
  // Before they are marked: what is committed has been counted.
  const auto count = [&] { partition_.note_records_consumed(std::exchange(consumed, 0)); };
  std::optional<Failure> failure;
  for (; index < records.size() && !is_interrupted(); ++index) {
    if (index > first && is_turn_over(pool)) break;
    const Record& record = records[index];
    if (record.offset() >= run_below_) break;
    if (!taken_away_.empty() && taken_away_.contains(record.offset())) {
      if (!pass_by(record)) break;
      if (retry_at_ == kNever && !awaited_) continue;
      ++index;
      break;
    }
    attempt_ = record.offset() == failed_offset_ ? failures_ + 1 : 1;
    if (attempt_ == 1 && !tracker_.empty()) tracker_.clear();
    failure = run_consumer(record);
    if (failure) break;
    ++consumed;
    // With outputs it has succeeded when they are acknowledged; without, it is marked with its
    // neighbours.
    if (unmarked_.empty()) {
      if (attempt_ > 1) succeeded();
    } else if (is_automatic) {
      count();
      mark_through(record.offset());
    }
  }
  count();
  if (is_automatic && index > first) mark_through(records[index - 1].offset());
  advance(index - first);
  if (failure) {
    abandon_from(records[index].offset());
    fail({.record = &records[index]}, *failure, attempt_ > 1);
  }
}

std::optional<Lane::Failure> Lane::run_consumer(const Record& record) {
  note_consume_began(record.offset(), record.offset() + 1);
  const Running<const Record> running(running_record_, record);
  trace_begin(record);
  std::optional<Failure> failure = guarded([&] { consumer_->run_record(record); });
  trace_end(failure);
  note_consume_ended();
  return failure;
}

// ---- Batches

void Lane::run_batch() {
  const std::optional<Slice> slice = next_slice();
  if (!slice) return;
  const Offset first = slice->records.front().offset();
  const Offset last = slice->records.back().offset();
  Batch batch(slice->records);
  attempt_ =
      is_slicing() || (failed_offset_ >= first && failed_offset_ <= last) ? failures_ + 1 : 1;
  if (attempt_ == 1 && !tracker_.empty()) tracker_.clear();
  const auto failure = run_consumer(batch);
  end_batch(*slice, batch, failure);
  gathered_.clear();
  healthy_.clear();
}

std::optional<Lane::Failure> Lane::run_consumer(Batch& batch) {
  const std::span<const Record> records = batch.records();
  running_last_ = records.back().offset();
  note_consume_began(records.front().offset(), running_last_ + 1);
  const Running<Batch> running(running_batch_, batch);
  if (trace_) trace_->begin(records, attempt_);
  std::optional<Failure> failure = guarded([&] { consumer_->run_batch(batch); });
  trace_end(failure);
  note_consume_ended();
  return failure;
}

void Lane::end_batch(const Slice& slice, Batch& batch, const std::optional<Failure>& failure) {
  const std::span<const Record> records = slice.records;
  if (!failure) {
    partition_.note_records_consumed(records.size());
    if (settings_.marking == Marking::kAutomatic) mark_through(slice.raw.back().offset());
    const bool is_last_slice = !is_slicing() || slice.raw.back().offset() + 1 >= slices_end_;
    advance(slice.raw.size());
    if (is_last_slice && unmarked_.empty()) succeeded();
    return;
  }
  // What the consumer marked stays marked; the rest runs again.
  const Blame blame = blame_in(slice, batch, *failure);
  std::size_t marked = 0;
  while (marked < slice.raw.size() && slice.raw[marked].offset() < marked_below_) ++marked;
  if (marked < slice.raw.size()) abandon_from(slice.raw[marked].offset());
  advance(marked);
  fail(blame, *failure, attempt_ > 1);
}

bool Lane::is_slicing() const {
  return next_batch_ < batches_.size() && next_record().offset() < slices_end_;
}

// The next batch; none when there is nothing to run now. Dead letters among its records are sent
// first.
std::optional<Lane::Slice> Lane::next_slice() {
  gathered_.clear();
  std::span<const Record> raw = next_records(is_slicing() ? 1 : settings_.max_records);
  if (raw.back().offset() >= run_below_) raw = raw.first(index_of(raw, run_below_));
  const auto taken = taken_away_.lower_bound(raw.front().offset());
  if (taken == taken_away_.end() || taken->first > raw.back().offset()) return Slice{raw, raw};
  healthy_.clear();
  for (const Record& record : raw) {
    if (!taken_away_.contains(record.offset())) {
      healthy_.push_back(record);
    } else if (!pass_by(record)) {
      return std::nullopt;
    }
  }
  const bool is_waiting = retry_at_ != kNever || awaited_;
  if (healthy_.empty()) {
    if (settings_.marking == Marking::kAutomatic) mark_through(raw.back().offset());
    advance(raw.size());
    return std::nullopt;
  }
  if (is_waiting) return std::nullopt;
  return Slice{raw, healthy_};
}

// ---- The end

void Lane::clear() {
  abandon_from(0);
  batches_.clear();
  next_batch_ = next_record_ = waiting_ = 0;
  retry_at_ = kNever;
  if (trace_) trace_->end_if_open();
  consumer_.reset();
}

}  // namespace rookery
