// records.h
//
// What is sent and read in every figure: records of distinct keys, and a sum over their contents.
#pragma once

#include <rookery/base/bytes.h>

#include <cstdint>
#include <cstring>
#include <string>

namespace rookery::bench {

// Makes record after record in one buffer: a key of 8 bytes that no other number has, and a payload
// that depends on the number, of `bytes` together.
class RecordMaker {
 public:
  explicit RecordMaker(std::size_t bytes) : buffer_(bytes, 'r') {}

  void make(std::uint64_t number) {
    const std::uint64_t key = number * 0x9e3779b97f4a7c15U;  // odd: a permutation of all numbers
    std::memcpy(buffer_.data(), &key, sizeof key);
    std::memcpy(buffer_.data() + sizeof key, &number, sizeof number);
  }
  // Views of the buffer: until the next make().
  Bytes key() const { return {buffer_.data(), sizeof(std::uint64_t)}; }
  Bytes value() const {
    return {buffer_.data() + sizeof(std::uint64_t), buffer_.size() - sizeof(std::uint64_t)};
  }

 private:
  std::string buffer_;  // of 16 bytes or more
};

// Touches every byte. What is summed over several records is the same in any order.
inline std::uint64_t content_sum(const char* bytes, std::size_t size) {
  std::uint64_t sum = 0;
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= size; at += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, bytes + at, sizeof word);
    sum += word;
  }
  for (; at < size; ++at) sum += static_cast<unsigned char>(bytes[at]);
  return sum;
}

// Over the records number 0 ... count - 1.
inline std::uint64_t expected_sum(std::uint64_t count, std::size_t bytes) {
  RecordMaker maker(bytes);
  std::uint64_t sum = 0;
  for (std::uint64_t number = 0; number < count; ++number) {
    maker.make(number);
    sum += content_sum(maker.key().data(), maker.key().size());
    sum += content_sum(maker.value().data(), maker.value().size());
  }
  return sum;
}

}  // namespace rookery::bench
