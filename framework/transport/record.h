// record.h
//
// A record as consumers see it: a view of 64 bytes into memory that its batch owns. Nothing is
// parsed or copied until asked for.
//
// Ownership: valid as long as the RecordBatch it came from (inside a consumer: until consume
// returns). Thread rules: reading is safe from any thread.
#pragma once

#include <rookery/base/bytes.h>
#include <rookery/base/headers.h>
#include <rookery/base/topic_partition.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace rookery {

// Record timestamps: milliseconds since the epoch (KIP-32).
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

// Reads headers out of a transport's own memory. Implemented by each transport; stateless.
class HeaderReader {
 public:
  virtual Headers read(const void* source) const = 0;

 protected:
  ~HeaderReader() = default;
};

// What the records of one partition share. Lives as long as any stream or batch of the partition.
struct PartitionHandle {
  TopicPartition topic_partition;
  const HeaderReader* header_reader = nullptr;
};

class Record {
 public:
  // For transports (and tests): every field, in the order of the layout.
  struct Fields {
    const PartitionHandle* partition = nullptr;
    Offset offset = 0;
    std::int64_t timestamp_ms = -1;  // -1: none
    std::int32_t leader_epoch = -1;  // -1: unknown (KIP-320)
    Bytes key;
    Bytes value;
    const void* header_source = nullptr;  // what HeaderReader::read takes; null: no headers
  };

  Record() = default;
  explicit Record(const Fields& fields)
      : partition_(fields.partition),
        offset_(fields.offset),
        timestamp_ms_(fields.timestamp_ms),
        key_(fields.key.data()),
        value_(fields.value.data()),
        header_source_(fields.header_source),
        key_size_(static_cast<std::uint32_t>(fields.key.size())),
        value_size_(static_cast<std::uint32_t>(fields.value.size())),
        leader_epoch_(fields.leader_epoch) {}

  const std::string& topic() const { return partition_->topic_partition.topic; }
  PartitionId partition() const { return partition_->topic_partition.partition; }
  const TopicPartition& topic_partition() const { return partition_->topic_partition; }
  Offset offset() const { return offset_; }
  // The producer's or the broker's time, as the topic is configured; the epoch when the record has
  // none.
  Timestamp timestamp() const {
    return Timestamp(std::chrono::milliseconds(timestamp_ms_ < 0 ? 0 : timestamp_ms_));
  }
  bool has_timestamp() const { return timestamp_ms_ >= 0; }
  std::int32_t leader_epoch() const { return leader_epoch_; }
  Bytes key() const { return {key_, key_size_}; }
  Bytes value() const { return {value_, value_size_}; }
  // False: surely none. True: headers() tells; a transport that does not know without parsing says
  // true.
  bool has_headers() const { return header_source_ != nullptr; }
  // Parsed at each call: keep the result when it is needed twice.
  Headers headers() const {
    return header_source_ ? partition_->header_reader->read(header_source_) : Headers();
  }
  // Key and payload, in bytes.
  std::size_t size() const { return std::size_t{key_size_} + value_size_; }

 private:
  const PartitionHandle* partition_ = nullptr;
  Offset offset_ = 0;
  std::int64_t timestamp_ms_ = -1;
  const char* key_ = nullptr;
  const char* value_ = nullptr;
  const void* header_source_ = nullptr;
  std::uint32_t key_size_ = 0;
  std::uint32_t value_size_ = 0;
  std::int32_t leader_epoch_ = -1;
};
static_assert(sizeof(Record) == 64);

// A record to be sent. Views and values are read before send() returns.
struct OutgoingRecord {
  std::string_view topic;
  Bytes key;
  Bytes value;
  Headers headers;
  std::int32_t partition = -1;  // -1: by key (murmur2, as Kafka's Java client), without a key any
  std::int64_t timestamp_ms = -1;  // -1: now
};

}  // namespace rookery
