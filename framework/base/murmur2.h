// murmur2.h
//
// Kafka's hash of keys (org.apache.kafka.common.utils.Utils.murmur2, seed 0x9747b28c), and its
// partitioner.
#pragma once

#include <rookery/base/bytes.h>

#include <cstdint>

namespace rookery {

std::uint32_t murmur2(std::string_view data);

// Where Kafka's default partitioner and librdkafka's "murmur2" put a key: (murmur2 & 0x7fffffff) %
// count. count >= 1.
inline std::int32_t partition_of_key(std::string_view key, std::int32_t count) {
  return static_cast<std::int32_t>((murmur2(key) & 0x7fffffffU) %
                                   static_cast<std::uint32_t>(count));
}

}  // namespace rookery
