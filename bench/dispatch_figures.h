// dispatch_figures.h
//
// dlq.*: how fast records become dead letters, beside a plain produce of the same.
#pragma once

#include "bench/rounds.h"

namespace rookery::bench {

void add_dispatch_figures(Measurements& measurements);

}  // namespace rookery::bench
