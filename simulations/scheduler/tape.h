// tape.h
//
// The one source of choices of a run: schedule, plan, network, faults, dice of user code.
//
// A tape draws from a seed, from parts of a seed's draws, or from a recorded list. A run is a
// function of its tape. Whoever reads it must be content with zeros: they mean the plain case (stay
// with the running fiber, no fault, the lower end), so that cutting a tape short or zeroing parts
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

// Draws by their place on the tape, from `first` on, before `end`.
struct DrawRange {
  std::uint64_t first = 0;
  std::uint64_t end = 0;

  friend bool operator==(const DrawRange&, const DrawRange&) = default;
};

class Tape {
 public:
  static Tape from_seed(std::uint64_t seed);
  // Draws as the seed does within the ranges (in order, apart from each other); all others are
  // zero.
  static Tape from_parts(std::uint64_t seed, std::vector<DrawRange> kept);
  // A number too high for its draw counts as the highest. Beyond its end all draws are zero, and
  // exhausted() tells so.
  static Tape from_draws(std::vector<std::uint64_t> draws);

  // In [0, bound). A bound of 0 or 1 answers 0 and uses nothing of the tape.
  std::uint64_t draw(std::uint64_t bound) {
    if (bound <= 1) return 0;
    const std::uint64_t value =
        source_ == Source::kSeed ? scaled(generator_.next(), bound) : draw_edited(bound);
    ++draw_count_;
    if (is_recording_) [[unlikely]]
      draws_.push_back(value);
    return value;
  }

  // Any 64-bit number.
  std::uint64_t draw_u64();

  // True once in n on average; never for n = 0, always for n = 1. What is false is recorded as
  // zero.
  bool one_in(std::uint64_t n) {
    if (n == 0) return false;
    const bool is_hit = draw(n) == n - 1;
    if (is_recording_ && !is_hit) [[unlikely]]
      draws_.back() = 0;
    return is_hit;
  }

  // In [low, high], both included; low when high < low. The whole range of the type is allowed.
  std::int64_t between(std::int64_t low, std::int64_t high);

  // The number itself, unless the tape is an edited one, which may hold a lower one: for the size
  // of things that are fixed until a failure is made smaller.
  std::uint64_t at_most(std::uint64_t most);

  // Keeps a copy of each later draw.
  void start_recording() { is_recording_ = true; }
  const std::vector<std::uint64_t>& draws() const { return draws_; }

  std::uint64_t draw_count() const { return draw_count_; }
  // Whether a draw went past the end of the recorded list. Never for a seed.
  bool exhausted() const { return is_exhausted_; }
  // Null for a recorded tape.
  std::optional<std::uint64_t> seed() const { return seed_; }

 private:
  enum class Source : std::uint8_t { kSeed, kParts, kDraws };

  Tape(Source source, std::uint64_t seed) : generator_(seed), source_(source) {}
  static std::uint64_t scaled(std::uint64_t word, std::uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(word) * bound) >> 64);
  }
  std::uint64_t draw_edited(std::uint64_t bound);
  bool is_kept();
  std::uint64_t next_recorded();

  Generator generator_;
  Source source_;
  bool is_recording_ = false;
  bool is_exhausted_ = false;
  std::uint64_t draw_count_ = 0;
  std::optional<std::uint64_t> seed_;
  std::vector<DrawRange> kept_;
  std::size_t next_kept_ = 0;  // the first range that does not end before the next draw
  std::vector<std::uint64_t> recorded_;
  std::size_t next_recorded_ = 0;
  std::vector<std::uint64_t> draws_;
};

}  // namespace rookery::sim
