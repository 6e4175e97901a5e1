// offsets_life.h
//
// A program that marks by hand, commits and waits for it, goes elsewhere in its partitions and
// pauses them, as a RunFunction: nothing is committed that is neither done nor passed by on
// purpose, strings beside offsets are read as they were written, and nobody is told yes after loss.
#pragma once

#include <rookery/routing/ordering.h>

#include <cstdint>
#include <string_view>

#include "simulations/world/run_function.h"

namespace rookery::sim {

// What came to pass, over all runs that are given the same.
struct OffsetsSeen {
  std::uint64_t seeks = 0;
  std::uint64_t failed_seeks = 0;
  std::uint64_t commits = 0;  // waited for, acknowledged
  std::uint64_t failed_commits = 0;
  std::uint64_t strings = 0;  // found beside an offset
  std::uint64_t late_marks = 0;
};

// On a failing Kafka; seeks fail now and then, too, and may move the stream all the same.
RunFunction offsets_life(const Ordering& ordering, OffsetsSeen* seen = nullptr);

// On a Kafka that does not fail; servers come and go in order, and some records outlast the grace:
// their marks come after the next owner has begun.
RunFunction late_marks_life(OffsetsSeen* seen = nullptr);

// What finds a mutant of these.
RunFunction offsets_life_to_hunt(std::string_view mutant);

}  // namespace rookery::sim
