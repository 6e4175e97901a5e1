// stream.cc
//
// From librdkafka's messages to records. A batch call takes a count of messages only; what goes
// past max_bytes waits in a stash for the next take.
#include <rookery/transport/librdkafka/stream.h>

#include <rookery/transport/librdkafka/errors.h>

#include <algorithm>
#include <utility>

namespace rookery::librdkafka {
namespace {

void call_ready(rd_kafka_t*, void* handler) { (*static_cast<std::function<void()>*>(handler))(); }

}  // namespace

struct Stream::Progress {
  BatchArrays& arrays;
  std::size_t bytes = 0;
  bool end_of_partition = false;
  std::optional<Error> error;
};

Stream::Stream(std::shared_ptr<ConsumerCore> core, TopicPartition partition,
               AssignmentId assignment, Offset start)
    : handle_(std::make_shared<StreamHandle>(std::move(partition))),
      assignment_(assignment),
      core_(std::move(core)),
      next_offset_(start) {
  const TopicPartition& name = handle_->topic_partition;
  queue_.reset(
      rd_kafka_queue_get_partition(core_->connection->get(), name.topic.c_str(), name.partition));
  // Before the assignment: afterwards the records would already be on their way to the common
  // queue.
  rd_kafka_queue_forward(queue_.get(), nullptr);
}

Stream::~Stream() { end(Error{}); }

Taken Stream::take(std::size_t max_records, std::size_t max_bytes) {
  MutexLock lock(mutex_);
  Taken taken;
  if (!queue_) {
    taken.error = ended_;
    taken.next_offset = next_offset_;
    return taken;
  }
  std::unique_ptr<BatchArrays> arrays = core_->borrow();
  Progress progress{.arrays = *arrays};
  fill(progress, max_records, max_bytes);
  taken.end_of_partition = progress.end_of_partition;
  taken.error = std::move(progress.error);
  taken.next_offset = next_offset_;
  if (arrays->records.empty()) {
    core_->give_back(std::move(arrays));
    return taken;
  }
  average_size_ =
      std::max<std::size_t>(1, (average_size_ + progress.bytes / arrays->records.size()) / 2);
  const std::span<const Record> records = arrays->records;
  taken.batch = RecordBatch(handle_, assignment_, records,
                            std::make_unique<BatchMemory>(core_, std::move(arrays)));
  return taken;
}

void Stream::fill(Progress& progress, std::size_t max_records, std::size_t max_bytes) {
  std::vector<Record>& records = progress.arrays.records;
  records.reserve(std::min<std::size_t>(max_records, 4096));
  for (;;) {
    while (stash_next_ < stash_.size()) {
      if (records.size() >= max_records || (progress.bytes >= max_bytes && !records.empty()))
        return;
      if (!add(stash_[stash_next_++], progress)) continue;
    }
    const std::size_t room = max_records - records.size();
    if (room == 0 || (progress.bytes >= max_bytes && !records.empty())) return;
    const std::size_t bytes_left = max_bytes - std::min(max_bytes, progress.bytes);
    const std::size_t wanted = std::min({room, bytes_left / average_size_ + 1, std::size_t{4096}});
    stash_next_ = 0;
    stash_.resize(wanted);
    const auto count = rd_kafka_consume_batch_queue(queue_.get(), 0, stash_.data(), wanted);
    stash_.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    if (count < 0) {
      progress.error = make_error(rd_kafka_last_error(), handle_->topic_partition.text());
      return;
    }
    if (count == 0) return;
    if (stash_.front()->err == RD_KAFKA_RESP_ERR_NO_ERROR) last_call_ = stash_.front()->offset;
    // What is behind a shorter answer comes with a ready hint; ask again only to fill bytes_left.
    if (static_cast<std::size_t>(count) < wanted) {
      while (stash_next_ < stash_.size()) {
        if (progress.bytes >= max_bytes && !records.empty()) return;
        add(stash_[stash_next_++], progress);
      }
      return;
    }
  }
}

// Takes over the message. False: it was no record that the caller gets.
bool Stream::add(rd_kafka_message_t* message, Progress& progress) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) [[unlikely]] {
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      progress.end_of_partition = true;
      next_offset_ = message->offset;
    } else {
      progress.error = make_error(message->err, handle_->topic_partition.text(),
                                  rd_kafka_message_errstr(message));
      if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && next_offset_ < 0) {
        progress.error->code = ErrorCode::kNoOffset;
      }
    }
    rd_kafka_message_destroy(message);
    return false;
  }
  if (repeat_from_ >= 0) [[unlikely]] {
    if (message->offset >= repeat_from_ && message->offset < next_offset_) {
      rd_kafka_message_destroy(message);
      return false;
    }
    repeat_from_ = -1;
  }
  progress.end_of_partition = false;  // there was more behind the end
  next_offset_ = message->offset + 1;
  progress.bytes += message->key_len + message->len;
  rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t timestamp = rd_kafka_message_timestamp(message, &kind);
  progress.arrays.messages.push_back(message);
  progress.arrays.records.emplace_back(Record::Fields {
    .partition = handle_.get(), .offset = message->offset,
    .timestamp_ms = kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : timestamp,
#if RD_KAFKA_VERSION >= 0x020100ff
    .leader_epoch = rd_kafka_message_leader_epoch(message),
#endif
    .key = Bytes(static_cast<const char*>(message->key), message->key_len),
    .value = Bytes(static_cast<const char*>(message->payload), message->len),
    .header_source = message
  });
  return true;
}

void Stream::set_ready(std::function<void()> handler) {
  stop_ready();
  MutexLock lock(mutex_);
  if (!queue_) return;
  ready_ = std::move(handler);
  if (ready_) rd_kafka_queue_cb_event_enable(queue_.get(), call_ready, &ready_);
}

void Stream::clear_ready() { stop_ready(); }

void Stream::stop_ready() {
  MutexLock lock(mutex_);
  // librdkafka calls under the queue's lock, which this takes: afterwards no call runs.
  if (queue_) rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
  ready_ = nullptr;
}

Offset Stream::log_end() const {
  std::shared_ptr<ConsumerCore> core;
  {
    MutexLock lock(mutex_);
    if (!queue_) return -1;
    core = core_;
  }
  const TopicPartition& name = topic_partition();
  std::int64_t low = -1;
  std::int64_t high = -1;
  const rd_kafka_resp_err_t error = rd_kafka_get_watermark_offsets(
      core->connection->get(), name.topic.c_str(), name.partition, &low, &high);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? std::max<Offset>(high, -1) : -1;
}

Offset Stream::next_offset() const {
  MutexLock lock(mutex_);
  return next_offset_;
}

void Stream::moved_to(Offset offset) {
  MutexLock lock(mutex_);
  drop_stash();
  next_offset_ = offset;
  last_call_ = -1;
  repeat_from_ = -1;
}

void Stream::may_repeat() {
  MutexLock lock(mutex_);
  if (last_call_ >= 0 && last_call_ < next_offset_) repeat_from_ = last_call_;
}

void Stream::end(Error error) {
  MutexLock lock(mutex_);
  if (!queue_) return;
  drop_stash();
  rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
  ready_ = nullptr;
  // Nobody reads it any more, but librdkafka may still put something in, such as the error of a
  // topic that was deleted. That would keep the partition, hence its broker's thread, hence
  // rd_kafka_destroy waiting for ever; the common queue is read to the end.
  rd_kafka_queue_forward(queue_.get(), core_->events.get());
  queue_.reset();
  core_.reset();
  ended_ = std::move(error);
}

void Stream::drop_stash() {
  for (; stash_next_ < stash_.size(); ++stash_next_) rd_kafka_message_destroy(stash_[stash_next_]);
  stash_.clear();
  stash_next_ = 0;
}

}  // namespace rookery::librdkafka
