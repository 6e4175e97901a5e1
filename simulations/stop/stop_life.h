// stop_life.h
//
// A server's life and end, simulated: begun, brought into the middle of something, stopped by
// somebody, judged. As a RunFunction, so that campaigns, replay and the hunt for mutants know it.
//
//   const RunOutcome outcome = stop_life(tape, {});           // the plan draws who and when
//   StopFigures figures;
//   stop_life_of({.from = From::kListener, .during = During::kJoin}, figures)(tape, {});
//
// Promises: "stop ends in order" (exit code, bound, offsets committed), "everything ends",
// "a scene begins" (the test's own), and the scheduler's.
#pragma once

#include <array>
#include <cstdint>

#include "simulations/scheduler/strategy.h"
#include "simulations/stop/scene.h"
#include "simulations/world/run_function.h"

namespace rookery::stopping {

// Who can be simulated: all but a signal.
inline constexpr std::array kSimulatedCallers = {From::kConsumer,      From::kListener,
                                                 From::kRebalanceHook, From::kDeliveryReport,
                                                 From::kDestructor,    From::kOtherThread};
inline constexpr std::array kSituations = {During::kCalm, During::kJoin, During::kRevocation,
                                           During::kSilence, During::kCrash};

struct StopCase {
  From from = From::kConsumer;
  During during = During::kCalm;
  sim::StrategyKind strategy = sim::StrategyKind::kDrawn;
};

// Summed up over the runs that ended.
struct StopFigures {
  std::uint64_t runs = 0;
  std::uint64_t lasted = 0;  // it was in the middle of it when it was stopped
  std::uint64_t forced = 0;  // exit code 2
  Duration longest{0};
};

// `figures` outlives it; runs one after the other.
sim::RunFunction stop_life_of(const StopCase& stop_case, StopFigures& figures);

sim::RunOutcome stop_life(sim::RunTape& tape, const sim::RunSettings& settings);
sim::RunFunction stop_life_with(sim::StrategyKind strategy);

}  // namespace rookery::stopping
