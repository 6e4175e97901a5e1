// run_strategy.h
//
// Who goes next in a run of a world.
#pragma once

#include <memory>

#include "simulations/scheduler/strategy.h"
#include "simulations/world/run_tape.h"

namespace rookery::sim {

// As the plan draws it; it reads the tape's schedule.
std::unique_ptr<Strategy> draw_strategy(RunTape& tape);
// The world's main fiber goes first whenever it can: what it does happens at once.
std::unique_ptr<Strategy> main_first(std::unique_ptr<Strategy> inner);

}  // namespace rookery::sim
