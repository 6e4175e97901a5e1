// progress.h
//
// How far a server is with the partitions it owns: for lag, health and tests.
#pragma once

#include <rookery/base/topic_partition.h>

#include <cstddef>
#include <string>

namespace rookery {

struct PartitionProgress {
  std::string group;
  TopicPartition partition;
  Offset done = -1;       // everything below it is marked; -1: nothing was taken yet
  Offset committed = -1;  // acknowledged, or found at the assignment; -1: none
};

// The same, and what metrics tell besides. Asks more locks than progress does.
struct PartitionGauges {
  PartitionProgress progress;
  Offset log_end = -1;          // as the last fetch told; -1: none told yet
  std::size_t uncommitted = 0;  // records taken and not below `done`: what the window bounds
  std::size_t busy_lanes = 0;   // that run a consumer's code now
};

}  // namespace rookery
