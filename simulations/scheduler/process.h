// process.h
//
// A group of fibers that is paused, resumed and killed together. Private to the scheduler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "simulations/scheduler/agenda.h"
#include "simulations/scheduler/strategy.h"
#include "simulations/scheduler/tape.h"
#include "simulations/scheduler/wall_clock.h"

namespace rookery::sim {

// The clock and the dice of a killed process while it is drained.
struct Ghost {
  Ghost(std::uint64_t seed, TimePoint start)
      : tape(Tape::from_seed(seed)), strategy(tape), agenda(start, tape, strategy) {}

  Tape tape;
  RandomStrategy strategy;
  Agenda agenda;
};

struct Process {
  std::string name;
  std::uint32_t id = 0;
  std::size_t live_fibers = 0;
  bool is_paused = false;
  bool is_dead = false;
  Agenda* agenda = nullptr;     // the world's, or its ghost's
  std::vector<Fiber*> waiters;  // in wait_for_process()
  Fiber* killer = nullptr;      // to go on with once drained
  std::unique_ptr<Ghost> ghost;
  WallClock wall_clock;
  std::uint64_t wrong_wall_reads = 0;
};

}  // namespace rookery::sim
