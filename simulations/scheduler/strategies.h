// strategies.h
//
// Strategies that search: priorities with a few changes or ever new ones, no pre-emption at all,
// threads held back for a while. Random and sticky random are in strategy.h.
//
//   const std::unique_ptr<Strategy> strategy =
//       make_strategy(StrategyKind::kPct, tape.plan, tape.schedule);
//
// Each belongs to one run.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>

#include "simulations/scheduler/strategy.h"
#include "simulations/scheduler/tape.h"

namespace rookery::sim {

// Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte: ASPLOS 2010):
// each thread has a priority of its own, the highest that can run runs, and at `changes` points of
// the first `horizon` the running thread falls below all others. A bug that needs the order of
// d events is met with a probability of at least 1 / (threads * horizon^(d - 1)).
class PctStrategy final : public Strategy {
 public:
  PctStrategy(Tape& tape, std::uint64_t changes, std::uint64_t horizon);
  std::size_t choose(const Runnable& runnable, ChoiceKind where) override;

 private:
  // Low numbers run last. New threads get one at random, those that fell one below zero.
  std::int64_t& priority_of(FiberId fiber);

  Tape& tape_;
  std::set<std::uint64_t> changes_;  // by the number of the choice
  std::uint64_t choices_ = 0;
  std::int64_t fallen_ = 0;
  std::map<FiberId, std::int64_t> priorities_;
};

// Partial order sampling (Yuan, Yang, Gu: CAV 2018): what each thread is about to do has a priority
// drawn for it, the highest comes first, and then it and all that race with it draw anew. So orders
// of what does not race, which are all the same, do not take the place of those that differ.
class PosStrategy final : public Strategy {
 public:
  explicit PosStrategy(Tape& tape) : tape_(tape) {}
  std::size_t choose(const Runnable& runnable, ChoiceKind where) override;

 private:
  std::uint64_t priority_of(FiberId fiber);

  Tape& tape_;
  std::map<FiberId, std::uint64_t> priorities_;
};

// A thread runs until it has to wait; then the next in turn. No draws: what it finds, any schedule
// finds.
class RunUntilBlockedStrategy final : public Strategy {
 public:
  std::size_t choose(const Runnable& runnable, ChoiceKind where) override;

 private:
  FiberId last_ = 0;
};

// Sticky random, and now and then the running thread is put aside for up to `longest` of virtual
// time, wherever it is, locks held or not; `times_most` times in all.
class StarvationStrategy final : public Strategy {
 public:
  struct Options {
    std::uint64_t switch_one_in = 16;
    std::uint64_t starve_one_in = 300;
    Duration longest = std::chrono::milliseconds(10);
    std::uint64_t times_most = 60;
  };
  StarvationStrategy(Tape& tape, const Options& options)
      : tape_(tape), options_(options), sticky_(tape, options.switch_one_in) {}
  std::size_t choose(const Runnable& runnable, ChoiceKind where) override {
    return sticky_.choose(runnable, where);
  }
  bool holds_back() const override { return true; }
  Duration hold_back() override;

 private:
  Tape& tape_;
  const Options options_;
  StickyRandomStrategy sticky_;
  std::uint64_t times_ = 0;
};

// A strategy of that kind with parameters of the plan's. kDrawn: any but kRunUntilBlocked and kPos.
std::unique_ptr<Strategy> make_strategy(StrategyKind kind, Tape& plan, Tape& schedule);

// "pct"
const char* name(StrategyKind kind);

}  // namespace rookery::sim
