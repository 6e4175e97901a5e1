// record_block.cc
//
// Building blocks and reading their headers. Encoded headers: u32 total size, then each as u32 name
// size, i32 value size, bytes.
#include "mockbroker/protocol/record_block.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace rookery::mock {
namespace {

std::uint32_t headers_size(const Headers& headers) {
  if (headers.empty()) return 0;
  std::size_t size = sizeof(std::uint32_t);
  for (const auto& [name, value] : headers) size += 8 + name.size() + value.size();
  return static_cast<std::uint32_t>(size);
}

template <class T>
char* put(char* at, T value) {
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}

char* put_bytes(char* at, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

void encode_headers(char* at, const Headers& headers, std::uint32_t size) {
  at = put(at, size);
  for (const auto& [name, value] : headers) {
    at = put(at, static_cast<std::uint32_t>(name.size()));
    at = put(at, value.is_null() ? std::int32_t{-1} : static_cast<std::int32_t>(value.size()));
    at = put_bytes(at, name);
    at = put_bytes(at, value.view());
  }
}

std::size_t padded(std::size_t size) { return (size + 7) & ~std::size_t{7}; }

}  // namespace

BlockBuilder::BlockBuilder(std::size_t expected_bytes) {
  if (expected_bytes > 0) {
    data_ = std::make_unique_for_overwrite<char[]>(expected_bytes);
    capacity_ = expected_bytes;
  }
}

char* BlockBuilder::reserve(std::size_t bytes) {
  if (size_ + bytes > capacity_) {
    const std::size_t capacity = std::max({size_ + bytes, capacity_ * 2, std::size_t{512}});
    auto grown = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(grown.get(), data_.get(), size_);
    data_ = std::move(grown);
    capacity_ = capacity;
  }
  char* at = data_.get() + size_;
  size_ += bytes;
  return at;
}

void BlockBuilder::append(std::int64_t timestamp_ms, Bytes key, Bytes value,
                          const Headers& headers) {
  const RecordPrefix prefix{
      .timestamp_ms = timestamp_ms,
      .key_size = key.is_null() ? -1 : static_cast<std::int32_t>(key.size()),
      .value_size = value.is_null() ? -1 : static_cast<std::int32_t>(value.size()),
      .headers_size = headers_size(headers),
      .offset_delta = next_delta_};
  const std::size_t used = key.size() + value.size() + prefix.headers_size;
  char* at = reserve(sizeof prefix + padded(used));
  at = put(at, prefix);
  at = put_bytes(at, key.view());
  at = put_bytes(at, value.view());
  if (prefix.headers_size > 0) encode_headers(at, headers, prefix.headers_size);
  ++count_;
  ++next_delta_;
  max_timestamp_ms_ = std::max(max_timestamp_ms_, timestamp_ms);
}

void BlockBuilder::append_encoded(const BlockRecord& record) {
  std::uint32_t headers_bytes = 0;
  if (record.headers) std::memcpy(&headers_bytes, record.headers, sizeof headers_bytes);
  const RecordPrefix prefix{
      .timestamp_ms = record.timestamp_ms,
      .key_size = record.key.is_null() ? -1 : static_cast<std::int32_t>(record.key.size()),
      .value_size = record.value.is_null() ? -1 : static_cast<std::int32_t>(record.value.size()),
      .headers_size = headers_bytes,
      .offset_delta = record.offset_delta};
  const std::size_t used = record.key.size() + record.value.size() + headers_bytes;
  char* at = reserve(sizeof prefix + padded(used));
  at = put(at, prefix);
  at = put_bytes(at, record.key.view());
  at = put_bytes(at, record.value.view());
  put_bytes(at, {record.headers, headers_bytes});
  ++count_;
  next_delta_ = record.offset_delta + 1;
  max_timestamp_ms_ = std::max(max_timestamp_ms_, record.timestamp_ms);
}

std::shared_ptr<const RecordBlock> BlockBuilder::finish() {
  return finish(next_delta_ == 0 ? 0 : next_delta_ - 1);
}

std::shared_ptr<const RecordBlock> BlockBuilder::finish(std::uint32_t last_offset_delta) {
  auto block = std::make_shared<RecordBlock>();
  if (capacity_ > size_ + size_ / 8) {  // a held block must not keep much more than it needs
    block->data_ = std::make_unique_for_overwrite<char[]>(size_);
    if (size_ > 0) std::memcpy(block->data_.get(), data_.get(), size_);
  } else {
    block->data_ = std::move(data_);
    capacity_ = 0;
  }
  block->size_ = std::exchange(size_, 0);
  block->count_ = std::exchange(count_, 0);
  block->last_offset_delta_ = last_offset_delta;
  block->max_timestamp_ms_ = std::exchange(max_timestamp_ms_, -1);
  next_delta_ = 0;
  return block;
}

std::shared_ptr<const RecordBlock> BlockBuilder::control_marker(std::int64_t timestamp_ms) {
  auto block = std::make_shared<RecordBlock>();
  block->max_timestamp_ms_ = timestamp_ms;
  block->is_control_ = true;
  return block;
}

std::shared_ptr<const RecordBlock> BlockBuilder::with_timestamp(const RecordBlock& block,
                                                                std::int64_t timestamp_ms) {
  auto copy = std::make_shared<RecordBlock>();
  copy->data_ = std::make_unique_for_overwrite<char[]>(block.size_);
  if (block.size_ > 0) std::memcpy(copy->data_.get(), block.begin(), block.size_);
  copy->size_ = block.size_;
  copy->count_ = block.count_;
  copy->last_offset_delta_ = block.last_offset_delta_;
  copy->max_timestamp_ms_ = timestamp_ms;
  copy->is_control_ = block.is_control_;
  BlockRecord record;
  for (const char* at = copy->begin(); at < copy->end();) {
    const std::ptrdiff_t place = at - copy->begin();
    at = RecordBlock::read(at, record);
    put(copy->data_.get() + place + offsetof(RecordPrefix, timestamp_ms), timestamp_ms);
  }
  return copy;
}

std::size_t encoded_size(Bytes key, Bytes value, const Headers& headers) {
  return sizeof(RecordPrefix) + padded(key.size() + value.size() + headers_size(headers));
}

Headers decode_headers(const char* encoded) {
  Headers headers;
  if (!encoded) return headers;
  std::uint32_t total;
  std::memcpy(&total, encoded, sizeof total);
  const char* const end = encoded + total;
  for (const char* at = encoded + sizeof total; at < end;) {
    std::uint32_t name_size;
    std::int32_t value_size;
    std::memcpy(&name_size, at, sizeof name_size);
    std::memcpy(&value_size, at + 4, sizeof value_size);
    at += 8;
    std::string name(at, name_size);
    at += name_size;
    if (value_size < 0) {
      headers.add(std::move(name), nullptr);
    } else {
      headers.add(std::move(name), std::string(at, static_cast<std::size_t>(value_size)));
      at += value_size;
    }
  }
  return headers;
}

namespace {

// Kafka's zigzag variable-length integers.
std::size_t varint_size(std::int64_t value) {
  auto bits = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  std::size_t size = 1;
  for (; bits >= 0x80; bits >>= 7) ++size;
  return size;
}

std::size_t field_size(Bytes bytes) {
  return bytes.is_null() ? varint_size(-1)
                         : varint_size(static_cast<std::int64_t>(bytes.size())) + bytes.size();
}

}  // namespace

std::size_t wire_size(const RecordBlock& block) {
  std::size_t total = 61;  // the batch's own header
  std::int64_t first_timestamp_ms = -1;
  BlockRecord record;
  for (const char* at = block.begin(); at < block.end();) {
    at = RecordBlock::read(at, record);
    if (first_timestamp_ms < 0) first_timestamp_ms = record.timestamp_ms;
    std::size_t size = 1 + varint_size(record.timestamp_ms - first_timestamp_ms) +
                       varint_size(record.offset_delta) + field_size(record.key) +
                       field_size(record.value);
    const Headers headers = decode_headers(record.headers);
    size += varint_size(static_cast<std::int64_t>(headers.size()));
    for (const auto& [name, value] : headers) size += field_size(name) + field_size(value);
    total += varint_size(static_cast<std::int64_t>(size)) + size;
  }
  return total;
}

}  // namespace rookery::mock
