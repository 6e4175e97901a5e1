// progress.h
//
// How far a server is with the partitions it owns: for lag, health and tests.
#pragma once

#include <rookery/base/topic_partition.h>

#include <string>

namespace rookery {

struct PartitionProgress {
  std::string group;
  TopicPartition partition;
  Offset done = -1;       // everything below it is marked; -1: nothing was taken yet
  Offset committed = -1;  // acknowledged, or found at the assignment; -1: none
};

}  // namespace rookery
