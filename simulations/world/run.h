// run.h
//
// One run from beginning to end: a cluster, processes, load and faults, then healing, draining and
// stopping, all judged.
//
// A function of its input and tapes, and nothing else. Off the fibers; one at a time on an OS
// thread.
#pragma once

#include <rookery/routing/app.h>
#include <rookery/transport/transport.h>

#include <functional>
#include <memory>
#include <optional>

#include "simulations/world/plan.h"
#include "simulations/world/run_function.h"
#include "simulations/world/world.h"

namespace rookery::sim {

// A fault at a step of the run, not at a time: for sweeps over all choice points.
struct FaultAtStep {
  Fault fault;  // `at` counts from that step
  std::uint64_t step = 1;
};

struct RunInput {
  const testing::World& world;
  const testing::Plan& plan;
  const std::function<App()>& app;
  // What the servers are given instead of their transport, for tests that break promises on
  // purpose; empty: nothing.
  std::function<std::unique_ptr<Transport>(Transport&)> sabotage = {};
  // Instead of the plan's faults. Comes before whatever else could run then. A step beyond the time
  // in which faults happen is none: the outcome's is_struck tells.
  std::optional<FaultAtStep> at_step = {};
  // Whether outcomes say what became dead letters.
  bool are_dead_letters_kept = false;
};

RunOutcome run_once(const RunInput& input, RunTape& tape, const RunSettings& settings = {});

// The same as a function; what the input refers to must outlive it.
RunFunction run_function(RunInput input);

}  // namespace rookery::sim
