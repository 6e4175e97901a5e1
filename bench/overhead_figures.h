// overhead_figures.h
//
// framework.overhead: what a record costs in the framework, beside a plain loop over the same
// streams.
#pragma once

#include "bench/rounds.h"

namespace rookery::bench {

void add_overhead_figures(Measurements& measurements);

}  // namespace rookery::bench
