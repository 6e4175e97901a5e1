// run_tape.h
//
// The tapes of one run: the plan, who runs when, and all else. Apart from each other, so that a
// change of one leaves the draws of the others in their places.
//
//   RunTape tape({.seed = 7});
//   const std::int64_t servers = tape.plan.between(1, 4);
//   RandomStrategy strategy(tape.schedule);
//   Scheduler scheduler({}, tape.world, strategy);
//
// A run is a function of its source. A seed alone gives all draws; a failure that was made smaller
// keeps a plan of its own and parts of the seed's draws.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "simulations/scheduler/tape.h"

namespace rookery::sim {

struct RunSource {
  std::uint64_t seed = 0;
  // The plan's draws; none: the seed's.
  std::optional<std::vector<std::uint64_t>> plan = {};
  // Which of the seed's draws are left, all others being zero; none: all are.
  std::optional<std::vector<DrawRange>> schedule = {};
  std::optional<std::vector<DrawRange>> world = {};

  friend bool operator==(const RunSource&, const RunSource&) = default;
};

struct RunTape {
  explicit RunTape(const RunSource& source);

  // All that is decided before anything happens: how many members and records, which faults,
  // settings, the strategy. A zero is the smallest plan; sizes that are fixed go through at_most().
  Tape plan;
  // The strategy's choices. A zero: go on with the running fiber.
  Tape schedule;
  // The scheduler's own draws, network, load, dice of user code.
  Tape world;

  void start_recording();
};

}  // namespace rookery::sim
