// consumer_life.h
//
// A program whose consumers watch their own life, on a failing Kafka, as a RunFunction: its form,
// its ordering and its ticks are drawn for each run.
//
// Besides the promises that are checked in every simulation, of each object: it is initialized
// first, and once; one thing at a time; the partition's end is told, and ticks come, only when no
// record of it is unfinished or failed, ticks an interval apart from each other and from work;
// revoked or shutdown comes last, and once.
#pragma once

#include <cstdint>

#include "simulations/world/run_function.h"

namespace rookery::sim {

// What happened in all runs so far, to see that there was something to watch.
struct ConsumerLifeSeen {
  std::uint64_t ends = 0;         // told
  std::uint64_t ticks = 0;        // told
  std::uint64_t revocations = 0;  // told
  std::uint64_t shutdowns = 0;    // told
  std::uint64_t failures = 0;     // of records and of initialized()
};

// seen: outlives the function, which then runs one after the other; null: nobody counts.
RunFunction consumer_life(ConsumerLifeSeen* seen = nullptr);

}  // namespace rookery::sim
