// content_hash.cc
//
// Eight bytes at a time: every record of a run passes here twice.

#include "simulations/history/content_hash.h"

#include <rookery/runtime/generator.h>

#include <bit>
#include <cstring>

namespace rookery::sim {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  return (std::rotl(hash, 27) ^ word) * 0x9e3779b97f4a7c15ULL;
}

std::uint64_t mix_bytes(std::uint64_t hash, Bytes bytes) {
  if (bytes.is_null()) return mix(hash, UINT64_MAX);
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  hash = mix(hash, left);
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    hash = mix(hash, word);
  }
  std::uint64_t rest = 0;
  std::memcpy(&rest, at, left);
  return mix(hash, rest);
}

}  // namespace

std::uint64_t content_hash(Bytes key, Bytes value) {
  return scramble(mix_bytes(mix_bytes(0x51ed270b8a3c5f17ULL, key), value));
}

std::uint64_t key_hash(Bytes key) {
  if (key.is_null()) return 0;
  return scramble(mix_bytes(0x2c1b3c6d2f0e9a55ULL, key)) | 1;
}

}  // namespace rookery::sim
