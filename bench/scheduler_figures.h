// scheduler_figures.h
//
// scheduler.steps: how many choice points a second the simulator's scheduler passes, with nothing
// between them.
#pragma once

#include "bench/rounds.h"

namespace rookery::bench {

void add_scheduler_figures(Measurements& measurements);

}  // namespace rookery::bench
