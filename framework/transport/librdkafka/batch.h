// batch.h
//
// The memory behind a RecordBatch: librdkafka's messages and the records that view them.
//
// A held message keeps the whole client instance alive, so batches are counted, and each owns a
// share of it.
#pragma once

#include <rookery/runtime/mutex.h>
#include <rookery/transport/librdkafka/connection.h>
#include <rookery/transport/librdkafka/handles.h>
#include <rookery/transport/record_batch.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace rookery::librdkafka {

// Arrays that go from batch to batch, so that a record costs no allocation.
struct BatchArrays {
  std::vector<rd_kafka_message_t*> messages;
  std::vector<Record> records;
};

// Parses headers when they are asked for. librdkafka parses in place and without a lock, which is
// ours.
class MessageHeaders final : public HeaderReader {
 public:
  Headers read(const void* source) const override;

 private:
  mutable Mutex mutex_{"librdkafka.headers", ranks::kLeaf};
};

struct StreamHandle : PartitionHandle {
  explicit StreamHandle(TopicPartition partition) {
    topic_partition = std::move(partition);
    header_reader = &headers;
  }
  MessageHeaders headers;
};

// What a consumer, its streams and its batches share; the instance is destroyed with the last of
// them.
struct ConsumerCore {
  explicit ConsumerCore(std::shared_ptr<Connection> opened) : connection(std::move(opened)) {}

  std::unique_ptr<BatchArrays> borrow();
  void give_back(std::unique_ptr<BatchArrays> arrays);

  // Declared first, so destroyed last: queues belong to the instance.
  std::shared_ptr<Connection> connection;
  QueueHandle events;
  std::atomic<std::size_t> batches_held{0};

 private:
  static constexpr std::size_t kArraysKept = 64;
  Mutex mutex_{"librdkafka.batches", ranks::kLeaf};
  std::vector<std::unique_ptr<BatchArrays>> spare_;
};

class BatchMemory final : public RecordBatch::Memory {
 public:
  BatchMemory(std::shared_ptr<ConsumerCore> core, std::unique_ptr<BatchArrays> arrays)
      : core_(std::move(core)), arrays_(std::move(arrays)) {
    core_->batches_held.fetch_add(1, std::memory_order_relaxed);
  }
  ~BatchMemory() override;

 private:
  std::shared_ptr<ConsumerCore> core_;
  std::unique_ptr<BatchArrays> arrays_;
};

}  // namespace rookery::librdkafka
