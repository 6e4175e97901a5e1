// strategy.h
//
// Who runs next. The scheduler asks at every choice point where two fibers or more could run.
//
// All draws come from the tape, so that a recorded tape replays any strategy. Zeros on the tape
// mean "go on with the running fiber". Belongs to one run.
#pragma once

#include <rookery/runtime/fiber_runtime.h>
#include <rookery/runtime/time_types.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "simulations/scheduler/tape.h"

namespace rookery::sim {

struct Fiber;

// The fibers that can run, in an order that depends on the run's history alone.
class Runnable {
 public:
  Runnable(Fiber* const* fibers, std::size_t size, std::size_t current)
      : fibers_(fibers), size_(size), current_(current) {}

  std::size_t size() const { return size_; }
  // Whether the fiber that reached the choice point can go on, and its place if so (0 otherwise).
  bool current_can_run() const { return current_ < size_; }
  std::size_t current() const { return current_can_run() ? current_ : 0; }

  FiberId id(std::size_t index) const;
  std::string_view name(std::size_t index) const;
  // Whether the two will touch the same mutex or condition, as far as that is known. Atomics do not
  // tell which they are: any two may be the same.
  bool may_race(std::size_t one, std::size_t other) const;

 private:
  Fiber* const* fibers_;
  std::size_t size_;
  std::size_t current_;
};

// The strategies by name. The numbers may enter tapes: add at the end only.
enum class StrategyKind : std::uint8_t {
  kDrawn,  // the tape says which of the others
  kRandom,
  kSticky,
  kPct,
  kStarvation,
  kRunUntilBlocked,
  kPos,
};

class Strategy {
 public:
  virtual ~Strategy() = default;
  // An index below runnable.size(), which is at least 2.
  virtual std::size_t choose(const Runnable& runnable, ChoiceKind where) = 0;

  // Whether hold_back() is to be asked at all; asked once, when the run begins.
  virtual bool holds_back() const { return false; }
  // Asked at every choice point of threads of processes, also where nobody else could run: for how
  // long the running thread is put aside now, as an operating system may do; zero: not at all.
  virtual Duration hold_back() { return Duration::zero(); }
};

// Each that can run is equally likely, at every point.
class RandomStrategy final : public Strategy {
 public:
  explicit RandomStrategy(Tape& tape) : tape_(tape) {}
  std::size_t choose(const Runnable& runnable, ChoiceKind where) override;

 private:
  Tape& tape_;
};

// The running fiber goes on until, once in `switch_one_in` points, another is chosen at random.
// Long stretches of one thread find what needs one thread far ahead, and run faster.
class StickyRandomStrategy final : public Strategy {
 public:
  StickyRandomStrategy(Tape& tape, std::uint64_t switch_one_in)
      : tape_(tape), switch_one_in_(switch_one_in) {}
  std::size_t choose(const Runnable& runnable, ChoiceKind where) override;

 private:
  Tape& tape_;
  std::uint64_t switch_one_in_;
};

}  // namespace rookery::sim
