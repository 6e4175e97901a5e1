// run_function.h
//
// A program as the explorer sees it: a run is a function of its tape. What can be written so, can
// be run over seeds, shrunk and replayed.
//
// Thread rules: called off the fibers, at the same time on several OS threads, with a tape and
// settings of its own each time.
#pragma once

#include <functional>
#include <ostream>

#include "simulations/scheduler/stack_pool.h"
#include "simulations/scheduler/strategy.h"
#include "simulations/scheduler/tape.h"
#include "simulations/world/run.h"

namespace rookery::sim {

struct RunSettings {
  // Who says which thread goes on; kDrawn: the tape.
  StrategyKind strategy = StrategyKind::kDrawn;
  // Told every event as it happens; null: nobody.
  std::ostream* trace = nullptr;
  // Null: the run has stacks of its own.
  StackPool* stacks = nullptr;
};

using RunFunction = std::function<RunOutcome(Tape& tape, const RunSettings& settings)>;

}  // namespace rookery::sim
