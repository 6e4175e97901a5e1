// filter_life.h
//
// A program with filters on a failing Kafka, as a RunFunction: which filters, and how strict, is
// drawn for each run. Besides the promises that are checked in every simulation: with a delay no
// record runs before its time; what expires is exactly what is too old, is not run and yet passed;
// with a throttle no more than its limit are let through in any window of an ownership; a pause of
// the consumer's holds whatever filters say.
#pragma once

#include <cstdint>

#include "simulations/world/run_function.h"

namespace rookery::sim {

// What happened in all runs so far, to see that the filters had something to do.
struct FilterLifeSeen {
  std::uint64_t expired = 0;    // records
  std::uint64_t throttled = 0;  // windows that were full
  std::uint64_t paused = 0;     // by the consumer
};

// seen: outlives the function, which then runs one after the other; null: nobody counts.
RunFunction filter_life(FilterLifeSeen* seen = nullptr);

}  // namespace rookery::sim
