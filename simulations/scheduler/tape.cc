// tape.cc
//
// The less travelled paths of the tape.

#include "simulations/scheduler/tape.h"

#include <algorithm>
#include <utility>

namespace rookery::sim {

Tape Tape::from_seed(std::uint64_t seed) {
  Tape tape(Source::kSeed, seed);
  tape.seed_ = seed;
  return tape;
}

Tape Tape::from_parts(std::uint64_t seed, std::vector<DrawRange> kept) {
  Tape tape(Source::kParts, seed);
  tape.seed_ = seed;
  tape.kept_ = std::move(kept);
  return tape;
}

Tape Tape::from_draws(std::vector<std::uint64_t> draws) {
  Tape tape(Source::kDraws, 0);
  tape.recorded_ = std::move(draws);
  return tape;
}

bool Tape::is_kept() {
  while (next_kept_ < kept_.size() && kept_[next_kept_].end <= draw_count_) ++next_kept_;
  return next_kept_ < kept_.size() && kept_[next_kept_].first <= draw_count_;
}

std::uint64_t Tape::next_recorded() {
  if (next_recorded_ == recorded_.size()) {
    is_exhausted_ = true;
    return 0;
  }
  return recorded_[next_recorded_++];
}

std::uint64_t Tape::draw_edited(std::uint64_t bound) {
  if (source_ == Source::kDraws) return std::min(next_recorded(), bound - 1);
  const std::uint64_t word = generator_.next();  // zeroed or not: the later ones keep their places
  return is_kept() ? scaled(word, bound) : 0;
}

std::uint64_t Tape::draw_u64() {
  std::uint64_t value = 0;
  if (source_ == Source::kDraws) {
    value = next_recorded();
  } else {
    value = generator_.next();
    if (source_ == Source::kParts && !is_kept()) value = 0;
  }
  ++draw_count_;
  if (is_recording_) draws_.push_back(value);
  return value;
}

std::uint64_t Tape::at_most(std::uint64_t most) {
  std::uint64_t value = most;
  if (source_ == Source::kDraws) value = std::min(next_recorded(), most);
  if (source_ == Source::kParts && !is_kept()) value = 0;
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
