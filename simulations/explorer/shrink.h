// shrink.h
//
// Makes a failing run smaller, for as long as it breaks the same promise.
//
// First the plan, whose draws are shrunk as RapidCheck shrinks: fewer members, records and faults,
// smaller numbers. Then the draws of the schedule, then those of the world, are zeroed in ever
// smaller portions (delta debugging): fewer pre-emptions, plain latencies. Then all of it again,
// since one makes room for the other, until nothing helps any more.
//
// The result is a function of the failing run alone, unless time was up. A plan that differs runs
// differently from the same draws of the schedule on, so it is tried with a few other seeds, too:
// the seed of the result need not be that of the failure.
//
//   const Shrunk shrunk = shrink(run, {.seed = 7}, outcome, {});
//   if (shrunk.outcome.broken) ...   // always so, with the same promise
//
// Thread rules: off the fibers; belongs to one OS thread.
#pragma once

#include <rookery/runtime/time_types.h>

#include <cstdint>
#include <functional>

#include "simulations/scheduler/stack_pool.h"
#include "simulations/world/report.h"
#include "simulations/world/run_function.h"

namespace rookery::sim {

struct ShrinkOptions {
  // What comes first ends it. Every try is a run.
  Duration wall_time_most = std::chrono::seconds(30);
  std::uint64_t runs_most = 20'000;
  // The time that counts; empty: the machine's.
  std::function<TimePoint()> clock = {};
  // Null: the tries have stacks of their own.
  StackPool* stacks = nullptr;
};

struct Shrunk {
  RunSource source;
  RunOutcome outcome;  // with all texts
  testing::Shrinking figures;
};

// `outcome` is what `failing` came to, and is broken.
Shrunk shrink(const RunFunction& run, const RunSource& failing, const RunOutcome& outcome,
              const ShrinkOptions& options);

}  // namespace rookery::sim
