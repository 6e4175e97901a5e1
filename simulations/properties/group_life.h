// group_life.h
//
// One or two groups of real clients that live on a cluster of three nodes, in virtual time, over a
// network that fails: members come and go, commit, seek, fall silent and close from every thread
// there is, the heartbeat's own included. Then all is healed, the groups must settle, beat, and
// close. What must hold meanwhile is GroupWatch's.
//
//   RunTape tape({.seed = 7});
//   const RunOutcome outcome = group_life(tape, {});
//
// While there is trouble records are produced, and at the end each group must have seen them all.
//
// A RunFunction (simulations/world/run_function.h): shrinks and replays.
#pragma once

#include "simulations/scheduler/strategy.h"
#include "simulations/world/run_function.h"

namespace rookery::sim {

RunOutcome group_life(RunTape& tape, const RunSettings& settings);
// With this strategy, whatever the tape says.
RunFunction group_life_with(StrategyKind strategy);

// Made small: one or two members and one node for part of a second, and nothing fails. The plan and
// all that members do are the seed's, who runs when is the strategy's: for schedules that are
// enumerated (simulations/scheduler/exhaustive.h).
RunOutcome small_group_life(std::uint64_t seed, Strategy& strategy, const RunSettings& settings);

}  // namespace rookery::sim
