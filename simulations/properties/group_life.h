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
// A RunFunction (simulations/world/run_function.h): shrinks and replays.
#pragma once

#include "simulations/scheduler/strategy.h"
#include "simulations/world/run_function.h"

namespace rookery::sim {

RunOutcome group_life(RunTape& tape, const RunSettings& settings);
// With this strategy, whatever the tape says.
RunFunction group_life_with(StrategyKind strategy);

}  // namespace rookery::sim
