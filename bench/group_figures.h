// group_figures.h
//
// simulation.rebalances and simulation.virtual_ratio: consumer groups of the in-process Kafka on
// fibers, the real client with its heartbeat threads, one OS thread.
#pragma once

#include "bench/rounds.h"

namespace rookery::bench {

void add_group_figures(Measurements& measurements);

}  // namespace rookery::bench
