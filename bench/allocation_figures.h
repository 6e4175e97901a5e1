// allocation_figures.h
//
// framework.allocations: what our own code allocates for each record it consumes, once it runs.
#pragma once

#include "bench/rounds.h"

namespace rookery::bench {

void add_allocation_figures(Measurements& measurements);

}  // namespace rookery::bench
