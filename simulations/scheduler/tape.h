// tape.h
//
// The one source of choices of a run: schedule, plan, network, faults, dice of user code.
//
// A tape draws either from a seed or from a recorded list of draws. A run is a function of its
// tape. Whoever reads it must be content with zeros: they mean the plain case (stay with the
// running fiber, no fault, the lower end), so that cutting a recorded tape short or zeroing parts
// of it gives a simpler run.
//
//   Tape tape = Tape::from_seed(7);
//   tape.start_recording();
//   const bool is_lost = tape.one_in(100);
//   Tape again = Tape::from_draws(tape.draws());
//
// Integers only. Belongs to one OS thread. At most one draw in a full expression.
#pragma once

#include <rookery/runtime/generator.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace rookery::sim {

class Tape {
 public:
  static Tape from_seed(std::uint64_t seed);
  // Beyond its end all draws are zero, and exhausted() tells so.
  static Tape from_draws(std::vector<std::uint64_t> draws);

  // In [0, bound). A bound of 0 or 1 answers 0 and uses nothing of the tape.
  std::uint64_t draw(std::uint64_t bound) {
    if (bound <= 1) return 0;
    std::uint64_t value;
    if (!is_replay_) [[likely]] {
      __extension__ using Wide = unsigned __int128;
      value = static_cast<std::uint64_t>((static_cast<Wide>(generator_.next()) * bound) >> 64);
    } else {
      value = next_recorded() % bound;
    }
    ++draw_count_;
    if (is_recording_) [[unlikely]]
      draws_.push_back(value);
    return value;
  }

  // Any 64-bit number.
  std::uint64_t draw_u64();

  // True once in n on average; never for n = 0, always for n = 1.
  bool one_in(std::uint64_t n) { return n != 0 && draw(n) == n - 1; }

  // In [low, high], both included; low when high < low. The whole range of the type is allowed.
  std::int64_t between(std::int64_t low, std::int64_t high);

  // Keeps a copy of each later draw.
  void start_recording() { is_recording_ = true; }
  const std::vector<std::uint64_t>& draws() const { return draws_; }

  std::uint64_t draw_count() const { return draw_count_; }
  // Whether a draw went past the end of the recorded list. Never for a seed.
  bool exhausted() const { return is_exhausted_; }
  // Null for a recorded tape.
  std::optional<std::uint64_t> seed() const { return seed_; }

 private:
  explicit Tape(std::uint64_t seed) : generator_(seed) {}
  std::uint64_t next_recorded();

  Generator generator_;
  bool is_replay_ = false;
  bool is_recording_ = false;
  bool is_exhausted_ = false;
  std::uint64_t draw_count_ = 0;
  std::optional<std::uint64_t> seed_;
  std::vector<std::uint64_t> source_;
  std::size_t source_position_ = 0;
  std::vector<std::uint64_t> draws_;
};

}  // namespace rookery::sim
