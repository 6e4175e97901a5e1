// lane.cc
//
// Running a consumer over records.
#include <rookery/processing/lane.h>

#include <rookery/instrumentation/error_class.h>
#include <rookery/processing/partition.h>

#include <algorithm>
#include <utility>

namespace rookery {

Lane::Lane(Partition& partition, ConsumerFactory factory, const TopicSettings& settings)
    : partition_(partition),
      factory_(std::move(factory)),
      settings_(settings),
      tracker_(partition.topic_partition()) {}

Lane::~Lane() { clear(); }

void Lane::push(RecordBatch batch) {
  waiting_ += batch.size();
  batches_.push_back(std::move(batch));
}

void Lane::run() {
  retry_at_ = kNever;
  is_blocked_ = is_halted_;
  if (is_halted_ || waiting_ == 0) return;
  if (awaited_ && !partition_.is_dead_letter_acknowledged(*awaited_)) {
    is_blocked_ = true;
    return;
  }
  if (std::exchange(awaited_, std::nullopt)) dead_letter_failures_ = 0;
  if (auto failure = guarded([this] { make_consumer(); })) {
    failure->place = consumer_ ? "initialized" : "factory";
    failure->is_the_records = false;
    const Record& record = batches_[next_batch_][next_record_];
    return fail({.record = &record}, *failure, record.offset() == failed_offset_);
  }
  if (consumer_->consumes_batches()) {
    run_batch();
  } else {
    const std::size_t batch = next_batch_;
    do run_records();
    while (next_batch_ == batch && has_just_given_up());
  }
}

// A record that was given up at once holds nobody up: the rest of its batch needs no other step.
bool Lane::has_just_given_up() const {
  if (waiting_ == 0 || retry_at_ != kNever || is_blocked_ || awaited_) return false;
  return !partition_.is_interrupted() &&
         taken_away_.contains(batches_[next_batch_][next_record_].offset());
}

void Lane::make_consumer() {
  if (!consumer_) {
    consumer_ = factory_();
    if (!consumer_) throw std::runtime_error("the consumer factory gave no consumer");
    consumer_->attach(*this);
  }
  if (!is_initialized_) {
    consumer_->initialized();
    is_initialized_ = true;
  }
}

// ---- One at a time

void Lane::run_records() {
  const std::span<const Record> records = batches_[next_batch_].records();
  const bool is_automatic = settings_.marking == Marking::kAutomatic;
  const std::size_t first = next_record_;
  std::size_t index = first;
  std::size_t passed_by = 0;
  std::optional<Failure> failure;
  for (; index < records.size() && !partition_.is_interrupted(); ++index) {
    const Record& record = records[index];
    if (!taken_away_.empty() && taken_away_.contains(record.offset())) {
      if (!pass_by(record)) break;
      ++passed_by;
      if (retry_at_ == kNever && !awaited_) continue;
      ++index;
      break;
    }
    running_record_ = &record;
    attempt_ = record.offset() == failed_offset_ ? failures_ + 1 : 1;
    if (attempt_ == 1 && !tracker_.empty()) tracker_.clear();
    partition_.note_consume_began();
    failure = guarded([&] { consumer_->run_record(record); });
    partition_.note_consume_ended();
    if (failure) break;
    // With outputs it has succeeded when they are acknowledged; without, it is marked with its
    // neighbours.
    if (unmarked_.empty()) {
      if (attempt_ > 1) succeeded();
    } else if (is_automatic) {
      mark_through(record.offset());
    }
  }
  running_record_ = nullptr;
  if (is_automatic && index > first) mark_through(records[index - 1].offset());
  partition_.note_records_consumed(index - first - passed_by);
  advance(index - first);
  if (failure) {
    abandon_from(records[index].offset());
    fail({.record = &records[index]}, *failure, attempt_ > 1);
  }
}

// ---- Batches

void Lane::run_batch() {
  const std::optional<Slice> slice = next_slice();
  if (!slice) return;
  const Offset first = slice->records.front().offset();
  const Offset last = slice->records.back().offset();
  Batch batch(slice->records);
  running_batch_ = &batch;
  running_last_ = last;
  attempt_ =
      is_slicing() || (failed_offset_ >= first && failed_offset_ <= last) ? failures_ + 1 : 1;
  if (attempt_ == 1 && !tracker_.empty()) tracker_.clear();
  partition_.note_consume_began();
  const auto failure = guarded([&] { consumer_->run_batch(batch); });
  partition_.note_consume_ended();
  running_batch_ = nullptr;
  end_batch(*slice, batch, failure);
  gathered_.clear();
  healthy_.clear();
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
  return next_batch_ < batches_.size() &&
         batches_[next_batch_][next_record_].offset() < slices_end_;
}

bool Lane::has_a_batch() const {
  if (waiting_ >= settings_.min_records) return true;
  std::size_t bytes = 0;
  std::size_t record = next_record_;
  for (std::size_t i = next_batch_; i < batches_.size(); ++i, record = 0) {
    for (; record < batches_[i].size(); ++record) bytes += batches_[i][record].size();
  }
  return bytes >= settings_.max_bytes;
}

// As they were taken, or gathered from several batches that were smaller.
std::span<const Record> Lane::next_records(std::size_t most) {
  const std::span<const Record> rest = batches_[next_batch_].records().subspan(next_record_);
  if (rest.size() == waiting_ || rest.size() >= most) {
    return rest.first(std::min(rest.size(), most));
  }
  std::size_t bytes = 0;
  std::size_t record = next_record_;
  for (std::size_t i = next_batch_; i < batches_.size(); ++i, record = 0) {
    for (; record < batches_[i].size(); ++record) {
      if (gathered_.size() == most || bytes >= settings_.max_bytes) return gathered_;
      gathered_.push_back(batches_[i][record]);
      bytes += gathered_.back().size();
    }
  }
  return gathered_;
}

// The next batch; none when there is nothing to run now. Dead letters among its records are sent
// first.
std::optional<Lane::Slice> Lane::next_slice() {
  gathered_.clear();
  const std::span<const Record> raw = next_records(is_slicing() ? 1 : settings_.max_records);
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

void Lane::advance(std::size_t records) {
  waiting_ -= records;
  while (records > 0) {
    const std::size_t left = batches_[next_batch_].size() - next_record_;
    const std::size_t step = std::min(left, records);
    records -= step;
    next_record_ += step;
    if (next_record_ == batches_[next_batch_].size()) {
      ++next_batch_;
      next_record_ = 0;
    }
  }
}

std::optional<Offset> Lane::drop_below(Offset done) {
  while (next_batch_ > 0 && batches_.front().records().back().offset() < done) {
    batches_.pop_front();
    --next_batch_;
  }
  // A batch may go on before one that is done: it is not to be given to the consumer again.
  if (next_batch_ < batches_.size()) {
    done = std::min(done, batches_[next_batch_][next_record_].offset());
  }
  if (const auto end = taken_away_.lower_bound(done); end != taken_away_.begin()) {
    taken_away_.erase(taken_away_.begin(), end);
    dead_letter_failures_ = 0;  // one has arrived
  }
  if (next_batch_ == 0) return std::nullopt;
  return batches_.front().records().back().offset() + 1;
}

// ---- The end

void Lane::run_hook(void (ConsumerBase::*hook)(), const char* name) {
  if (!consumer_ || !is_initialized_) return;
  if (const auto failure = guarded([&] { (consumer_.get()->*hook)(); })) {
    partition_.publish_error(name, failure->error_class, failure->message, {}, {},
                             failure->is_critical);
    if (failure->is_critical) halt(*failure);
  }
}

void Lane::clear() {
  abandon_from(0);
  batches_.clear();
  next_batch_ = next_record_ = waiting_ = 0;
  retry_at_ = kNever;
  consumer_.reset();
}

}  // namespace rookery
