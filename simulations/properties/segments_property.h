// segments_property.h
//
// A program whose group is shared among parallel segments, on a failing Kafka. What must hold is
// what must hold of every group, with the records of one segment for each (simulations/checkers):
// all of them are consumed, in order, again only for a reason, no others are, and the position
// reaches the end also where everything is another's.
//
// segments_test explores it, simulations/mutants/segments_mutants_test shows that it fails.
#pragma once

#include <rookery/testing.h>

#include <cstdint>

#include "simulations/world/run_function.h"

namespace rookery::testing {

struct SegmentsSetup {
  enum class Key : std::uint8_t {
    kOwn,     // the record's
    kValue,   // a part of the value
    kBroken,  // throws for some records
    kOne,     // all records are of one segment: the others see nothing of theirs
  };
  enum class Order : std::uint8_t { kPartition, kVirtual, kKey };
  std::size_t segments = 2;
  int partitions = 1;
  int servers = 1;
  std::uint64_t keys = 10;
  Key key = Key::kOwn;
  Order order = Order::kPartition;
  bool is_manual = false;
  bool has_faults = true;
  std::uint64_t seed = 1;
};

Report simulate_segments(const SegmentsSetup& setup, std::uint64_t records, std::uint64_t seeds);

}  // namespace rookery::testing

namespace rookery::sim {

// The same as a RunFunction: each run draws its setup.
RunFunction segments_life();

}  // namespace rookery::sim
