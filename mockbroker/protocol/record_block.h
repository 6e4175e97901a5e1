// record_block.h
//
// Records as they lie in a partition's log: one flat, immutable piece of memory for many of them.
//
// The producer builds a block, the broker gives it a base offset, fetches share it: nothing is
// copied in between. A record costs 24 bytes and its key, payload and headers, rounded up to 8.
// Offsets may have gaps (compaction): each record carries its delta.
#pragma once

#include <rookery/base/bytes.h>
#include <rookery/base/headers.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace rookery::mock {

// The fixed part before each record's bytes; sizes of -1 mean null.
struct RecordPrefix {
  std::int64_t timestamp_ms;
  std::int32_t key_size;
  std::int32_t value_size;
  std::uint32_t headers_size;  // 0: none
  std::uint32_t offset_delta;  // from the block's base offset
};
static_assert(sizeof(RecordPrefix) == 24);

// A parsed place in a block; views into it.
struct BlockRecord {
  std::int64_t timestamp_ms = -1;
  std::uint32_t offset_delta = 0;
  Bytes key;
  Bytes value;
  const char* headers =
      nullptr;  // encoded, with its size in front of it; null: none (see decode_headers)
};

class RecordBlock {
 public:
  std::uint32_t count() const { return count_; }  // records
  std::uint32_t last_offset_delta() const {
    return last_offset_delta_;
  }  // may run past the last record
  std::size_t size_bytes() const { return size_; }
  std::int64_t max_timestamp_ms() const { return max_timestamp_ms_; }
  bool is_control() const {
    return is_control_;
  }  // a marker: takes an offset, holds no record for readers
  const char* begin() const { return data_.get(); }
  const char* end() const { return data_.get() + size_; }

  // Reads the record at `at` (begin() or what the last call returned) and answers where the next
  // begins.
  static const char* read(const char* at, BlockRecord& record) {
    RecordPrefix prefix;
    std::memcpy(&prefix, at, sizeof prefix);
    const char* bytes = at + sizeof prefix;
    const auto key_size = prefix.key_size < 0 ? 0U : static_cast<std::uint32_t>(prefix.key_size);
    const auto value_size =
        prefix.value_size < 0 ? 0U : static_cast<std::uint32_t>(prefix.value_size);
    record.timestamp_ms = prefix.timestamp_ms;
    record.offset_delta = prefix.offset_delta;
    record.key = prefix.key_size < 0 ? Bytes() : Bytes(bytes, key_size);
    record.value = prefix.value_size < 0 ? Bytes() : Bytes(bytes + key_size, value_size);
    record.headers = prefix.headers_size == 0 ? nullptr : bytes + key_size + value_size;
    const std::size_t used = std::size_t{key_size} + value_size + prefix.headers_size;
    return bytes + ((used + 7) & ~std::size_t{7});
  }

 private:
  friend class BlockBuilder;
  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t last_offset_delta_ = 0;
  std::int64_t max_timestamp_ms_ = -1;
  bool is_control_ = false;
};

// Appends records, then gives the block away. Not thread-safe.
class BlockBuilder {
 public:
  // `expected_bytes`: what is reserved at once.
  explicit BlockBuilder(std::size_t expected_bytes = 0);
  BlockBuilder(BlockBuilder&&) noexcept = default;
  BlockBuilder& operator=(BlockBuilder&&) noexcept = default;

  // Offsets deltas run 0, 1, 2 ... unless given.
  void append(std::int64_t timestamp_ms, Bytes key, Bytes value, const Headers& headers);
  void append_encoded(const BlockRecord& record);  // with its own offset_delta: for compaction
  std::uint32_t count() const { return count_; }
  std::size_t size_bytes() const { return size_; }
  // Leaves the builder empty and usable. last_offset_delta, when given, says how far the block
  // reaches past its last record.
  std::shared_ptr<const RecordBlock> finish();
  std::shared_ptr<const RecordBlock> finish(std::uint32_t last_offset_delta);

  static std::shared_ptr<const RecordBlock> control_marker(std::int64_t timestamp_ms);
  // A copy in which every record has this timestamp: for topics with LogAppendTime.
  static std::shared_ptr<const RecordBlock> with_timestamp(const RecordBlock& block,
                                                           std::int64_t timestamp_ms);

 private:
  char* reserve(std::size_t bytes);
  void append(RecordPrefix prefix, Bytes key, Bytes value, const char* headers);

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t next_delta_ = 0;
  std::int64_t max_timestamp_ms_ = -1;
};

// The bytes a record takes in a block.
std::size_t encoded_size(Bytes key, Bytes value, const Headers& headers);
Headers decode_headers(const char* encoded);
// What the block would take on Kafka's wire, uncompressed (record batches of format v2): what
// limits on message sizes count.
std::size_t wire_size(const RecordBlock& block);

}  // namespace rookery::mock
