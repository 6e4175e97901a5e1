// health_figures.h
//
// metrics.scrape and server.start: what operators wait for.
#pragma once

#include "bench/rounds.h"

namespace rookery::bench {

void add_health_figures(Measurements& measurements);

}  // namespace rookery::bench
