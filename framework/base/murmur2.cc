// murmur2.cc
//
// MurmurHash2, 32 bits, by Austin Appleby (public domain), with Kafka's seed; little-endian reads
// as the JVM client does.
#include <rookery/base/murmur2.h>

#include <cstring>

namespace rookery {

std::uint32_t murmur2(std::string_view data) {
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  constexpr int kShift = 24;
  std::uint32_t hash = 0x9747b28cU ^ static_cast<std::uint32_t>(data.size());
  const char* at = data.data();
  std::size_t left = data.size();
  for (; left >= 4; at += 4, left -= 4) {
    std::uint32_t word;
    std::memcpy(&word, at, 4);
    word *= kMultiplier;
    word ^= word >> kShift;
    word *= kMultiplier;
    hash *= kMultiplier;
    hash ^= word;
  }
  const auto byte = [at](int i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(at[i]));
  };
  if (left >= 3) hash ^= byte(2) << 16;
  if (left >= 2) hash ^= byte(1) << 8;
  if (left >= 1) {
    hash ^= byte(0);
    hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  hash ^= hash >> 15;
  return hash;
}

}  // namespace rookery
