// lanes_figures.h
//
// The figures of orderings: lanes.*, balanced.gain.
#pragma once

#include "bench/rounds.h"

namespace rookery::bench {

void add_lanes_figures(Measurements& measurements);

}  // namespace rookery::bench
