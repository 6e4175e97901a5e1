// simulation_figures.h
//
// simulation.steps: how many choice points a second a simulation of the whole archive program
// passes, faults, checkers and all, on one thread.
#pragma once

#include "bench/rounds.h"

namespace rookery::bench {

void add_simulation_figures(Measurements& measurements);

}  // namespace rookery::bench
