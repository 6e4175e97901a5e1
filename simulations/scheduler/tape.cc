// tape.cc
//
// The less travelled paths of the tape.

#include "simulations/scheduler/tape.h"

#include <utility>

namespace rookery::sim {

Tape Tape::from_seed(std::uint64_t seed) {
  Tape tape(seed);
  tape.seed_ = seed;
  return tape;
}

Tape Tape::from_draws(std::vector<std::uint64_t> draws) {
  Tape tape(0);
  tape.is_replay_ = true;
  tape.source_ = std::move(draws);
  return tape;
}

std::uint64_t Tape::next_recorded() {
  if (source_position_ == source_.size()) {
    is_exhausted_ = true;
    return 0;
  }
  return source_[source_position_++];
}

std::uint64_t Tape::draw_u64() {
  const std::uint64_t value = is_replay_ ? next_recorded() : generator_.next();
  ++draw_count_;
  if (is_recording_) draws_.push_back(value);
  return value;
}

std::int64_t Tape::between(std::int64_t low, std::int64_t high) {
  if (high <= low) return low;
  // Unsigned arithmetic wraps, so even the whole range comes out right.
  const std::uint64_t last = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  const std::uint64_t step = last == UINT64_MAX ? draw_u64() : draw(last + 1);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + step);
}

}  // namespace rookery::sim
