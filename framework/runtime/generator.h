// generator.h
//
// A small, fast generator of 64-bit numbers from a seed, the same on every compiler and machine:
// xoshiro256** (Blackman, Vigna), its state filled by splitmix64 as its authors advise. Not for
// secrets. Belongs to one thread.

#pragma once

#include <bit>
#include <cstdint>

namespace rookery {

// One step of splitmix64: turns near numbers (0, 1, 2, ...) into unrelated ones.
constexpr std::uint64_t scramble(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

class Generator {
 public:
  constexpr explicit Generator(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {
      word = scramble(seed);
      seed += 0x9e3779b97f4a7c15ULL;
    }
  }

  constexpr std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

 private:
  std::uint64_t state_[4]{};
};

}  // namespace rookery
