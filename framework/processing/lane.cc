// lane.cc
//
// Running a consumer over records, and running it again.
#include <rookery/processing/lane.h>

#include <rookery/instrumentation/error_class.h>
#include <rookery/processing/partition.h>

#include <algorithm>
#include <utility>

namespace rookery {

Lane::Lane(Partition& partition, ConsumerFactory factory, const TopicSettings& settings)
    : partition_(partition), factory_(std::move(factory)), settings_(settings) {}

Lane::~Lane() { clear(); }

// ---- Work

void Lane::push(RecordBatch batch) {
  waiting_ += batch.size();
  batches_.push_back(std::move(batch));
}

void Lane::run() {
  retry_at_ = kNever;
  if (waiting_ == 0) return;
  if (const auto failure = guarded([this] { make_consumer(); })) {
    const Offset offset = batches_[next_batch_][next_record_].offset();
    note_failure(offset, *failure, offset == failed_offset_);
    return;
  }
  if (consumer_->consumes_batches()) {
    run_batch();
  } else {
    run_records();
  }
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

template <class Action>
std::optional<Lane::Failure> Lane::guarded(Action action) {
  assert_no_locks_held("a consumer");
  blamed_offset_.reset();
  try {
    action();
    return std::nullopt;
  } catch (const RecordFailed& failed) {
    blamed_offset_ = failed.offset();
    return Failure{"consume", class_name(failed), failed.what()};
  } catch (const SendFailed& failed) {
    return Failure{"output", class_name(failed), failed.what()};
  } catch (const std::exception& exception) {
    return Failure{"consume", class_name(exception), exception.what()};
  } catch (...) {
    return Failure{"consume", "unknown", "an exception that is no std::exception"};
  }
}

void Lane::run_records() {
  const std::span<const Record> records = batches_[next_batch_].records();
  const bool is_automatic = settings_.marking == Marking::kAutomatic;
  const std::size_t first = next_record_;
  std::size_t index = first;
  std::optional<Failure> failure;
  for (; index < records.size() && !partition_.is_interrupted(); ++index) {
    const Record& record = records[index];
    running_record_ = &record;
    attempt_ = record.offset() == failed_offset_ ? failures_ + 1 : 1;
    partition_.note_consume_began();
    failure = guarded([&] { consumer_->run_record(record); });
    partition_.note_consume_ended();
    if (failure) break;
    // With outputs it has succeeded when they are acknowledged; without, it is marked with its
    // neighbours.
    if (unmarked_.empty()) {
      if (attempt_ > 1) failures_ = 0;
    } else if (is_automatic) {
      mark_through(record.offset());
    }
  }
  running_record_ = nullptr;
  if (is_automatic && index > first) mark_through(records[index - 1].offset());
  partition_.note_records_consumed(index - first);
  advance(index - first);
  if (failure) {
    abandon_from(records[index].offset());
    note_failure(records[index].offset(), *failure, attempt_ > 1);
  }
}

void Lane::run_batch() {
  const std::span<const Record> records = next_dispatch();
  const Offset first = records.front().offset();
  const Offset last = records.back().offset();
  Batch batch(records);
  running_batch_ = &batch;
  attempt_ = failed_offset_ >= first && failed_offset_ <= last ? failures_ + 1 : 1;
  partition_.note_consume_began();
  const auto failure = guarded([&] { consumer_->run_batch(batch); });
  partition_.note_consume_ended();
  running_batch_ = nullptr;
  if (!failure) {
    if (unmarked_.empty()) failures_ = 0;
    partition_.note_records_consumed(records.size());
    if (settings_.marking == Marking::kAutomatic) mark_through(last);
    advance(records.size());
  } else {
    // What the consumer marked stays marked; the rest runs again.
    std::size_t marked = 0;
    while (marked < records.size() && records[marked].offset() < marked_below_) ++marked;
    const std::size_t current = batch.current() == Batch::kNone ? 0 : batch.current();
    Offset blamed = records[current].offset();
    if (blamed_offset_ && *blamed_offset_ >= first && *blamed_offset_ <= last)
      blamed = *blamed_offset_;
    if (marked < records.size()) abandon_from(records[marked].offset());
    advance(marked);
    note_failure(blamed, *failure, attempt_ > 1);
  }
  gathered_.clear();
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

// The next batch: as it was taken, or gathered from several that were smaller.
std::span<const Record> Lane::next_dispatch() {
  const std::span<const Record> rest = batches_[next_batch_].records().subspan(next_record_);
  if (rest.size() == waiting_ || rest.size() >= settings_.max_records) {
    return rest.first(std::min(rest.size(), settings_.max_records));
  }
  std::size_t bytes = 0;
  std::size_t record = next_record_;
  for (std::size_t i = next_batch_; i < batches_.size(); ++i, record = 0) {
    for (; record < batches_[i].size(); ++record) {
      if (gathered_.size() == settings_.max_records || bytes >= settings_.max_bytes)
        return gathered_;
      gathered_.push_back(batches_[i][record]);
      bytes += gathered_.back().size();
    }
  }
  return gathered_;
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
  if (next_batch_ == 0) return std::nullopt;
  return batches_.front().records().back().offset() + 1;
}

// ---- Failure

// is_again: it failed the last time, too. The count of failures in a row decides the backoff.
void Lane::note_failure(Offset offset, const Failure& failure, bool is_again) {
  failures_ = is_again ? failures_ + 1 : 1;
  failed_offset_ = offset;
  const Duration wait = jittered_backoff_of(settings_.retry_backoff, failures_);
  retry_at_ = deadline_in(wait);
  partition_.publish_failure(failure.type, failure.error_class, failure.message, offset, failures_,
                             wait);
}

void Lane::rewind(Offset offset, const Error& error) {
  const Failure failure{"output", "SendFailed", error.text()};
  const bool will_run_anyway =
      waiting_ > 0 && batches_[next_batch_][next_record_].offset() <= offset;
  abandon_from(offset);
  marked_below_ = std::min(marked_below_, offset);
  if (will_run_anyway && retry_at_ != kNever) {  // it threw besides, and waits already
    partition_.publish_error(failure.type, failure.error_class, failure.message, offset);
    return;
  }
  if (!will_run_anyway) move_to(offset);
  note_failure(offset, failure, offset == failed_offset_);
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

// ---- What the consumer asks

const Record* Lane::current_record() const {
  if (running_record_) return running_record_;
  if (!running_batch_ || running_batch_->empty()) return nullptr;
  // Before the iteration began nobody knows whose output it is: the first record waits for it, and
  // so all do.
  const std::size_t current = running_batch_->current();
  return &(*running_batch_)[current == Batch::kNone ? 0 : current];
}

void Lane::send(const OutgoingRecord& record) {
  const Record* input = current_record();
  if (!input) {
    throw SendFailed(
        {.code = ErrorCode::kState, .message = "outputs belong to a record: send inside consume"});
  }
  const auto give_up = [this]() -> Status {
    if (!partition_.is_gone()) return {};
    return rookery::fail(ErrorCode::kRevoked,
                         partition_.topic_partition().text() + " is no longer ours");
  };
  if (Status ours = give_up(); !ours) throw SendFailed(ours.error());
  auto place = std::lower_bound(
      unmarked_.begin(), unmarked_.end(), input->offset(),
      [](const PendingRecord* pending, Offset offset) { return pending->offset() < offset; });
  if (place == unmarked_.end() || (*place)->offset() != input->offset()) {
    place = unmarked_.insert(place, partition_.make_pending(input->offset()));
  }
  PendingRecord* pending = *place;
  const Status sent = partition_.environment().outputs->send(
      record, *pending, deadline_in(partition_.environment().output_timeout), give_up);
  if (!sent) {
    pending->note_failure(sent.error());
    if (sent.error().fatal) partition_.environment().on_fatal(sent.error());
    throw SendFailed(sent.error());
  }
}

bool Lane::mark(const Record& record) { return mark_through(record.offset()); }

// Everything up to `last` is done: at once, or when its outputs under way are acknowledged.
bool Lane::mark_through(Offset last) {
  Offset first = marked_below_;
  while (!unmarked_.empty() && unmarked_.front()->offset() <= last) {
    PendingRecord* pending = unmarked_.front();
    unmarked_.pop_front();
    partition_.mark_range(first, pending->offset() - 1);
    first = std::max(first, pending->offset() + 1);
    pending->release();
  }
  marked_below_ = std::max(marked_below_, last + 1);
  return partition_.mark_range(first, last);
}

const TopicPartition& Lane::topic_partition() const { return partition_.topic_partition(); }
const std::string& Lane::group() const { return partition_.environment().group; }
bool Lane::is_revoked() const { return partition_.is_revoked(); }

// ---- The end

void Lane::run_hook(void (ConsumerBase::*hook)(), const char* name) {
  if (!consumer_ || !is_initialized_) return;
  if (const auto failure = guarded([&] { (consumer_.get()->*hook)(); })) {
    partition_.publish_error(name, failure->error_class, failure->message);
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
