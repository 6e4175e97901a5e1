// segments_figures.h
//
// segments.two_processes: records a second of two servers of one worker, each with one of two
// segments, beside one such server with all the work.
#pragma once

#include "bench/rounds.h"

namespace rookery::bench {

void add_segments_figures(Measurements& measurements);

}  // namespace rookery::bench
