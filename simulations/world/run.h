// run.h
//
// One seed from beginning to end: a cluster, processes, load and faults, then healing, draining and
// stopping, all judged.
//
// A function of its input and nothing else. Off the fibers; one at a time on an OS thread.
#pragma once

#include <rookery/routing/app.h>
#include <rookery/transport/transport.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "simulations/faults/fault.h"
#include "simulations/scheduler/stack_pool.h"
#include "simulations/world/plan.h"
#include "simulations/world/world.h"

namespace rookery::sim {

struct RunInput {
  const testing::World& world;
  const testing::Plan& plan;
  const std::function<App()>& app;
  std::uint64_t seed = 0;
  // What the servers are given instead of their transport, for tests that break promises on
  // purpose; empty: nothing.
  std::function<std::unique_ptr<Transport>(Transport&)> sabotage = {};
  // Told every event as it happens; null: nobody.
  std::ostream* trace = nullptr;
  // Null: the run has stacks of its own.
  StackPool* stacks = nullptr;
};

struct BrokenPromise {
  std::string promise;
  std::string text;  // with the story
};

struct RunOutcome {
  std::optional<BrokenPromise> broken;
  std::uint64_t trace_hash = 0;
  std::uint64_t steps = 0;
  Duration virtual_elapsed{0};
  std::uint64_t records = 0;
  std::uint64_t rebalances = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;
  std::array<std::uint64_t, kFaultKinds> faults{};  // by kind, those that took effect
  std::uint64_t outputs = 0;                        // acknowledged outputs of user code

  std::uint64_t faults_in_all() const {
    std::uint64_t all = 0;
    for (std::uint64_t count : faults) all += count;
    return all;
  }
};

RunOutcome run_once(const RunInput& input);

}  // namespace rookery::sim
