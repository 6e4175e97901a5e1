// ordering.h
//
// In which order a partition's records are consumed, and so how many of them at once.
//
//   .ordering = in_partition()                          // one after the other: the default
//   .ordering = virtual_partitions({.count = 8})        // eight lanes, a key always in the same
//   .ordering = by_key()                                // each key by itself
//   .ordering = unordered()                             // each record by itself
//
// Each lane has a consumer object of its own and retries alone: the others go on, until as many
// records as the window allows are taken and not committed. What is committed stays below the
// record that fails.
#pragma once

#include <rookery/routing/key_function.h>

#include <cstddef>

namespace rookery {

// How virtual partitions share keys.
enum class Distribution {
  kConsistent,  // by the key's hash, as Kafka does: a key stays where it is as long as the
                // partition is ours
  kBalanced,    // to the lane that has least to do; a key with work under way stays where it is
};

// A fixed number of lanes.
struct VirtualPartitions {
  std::size_t count = 0;  // lanes; at least 1, at most the window
  KeyFunction by = {};    // default: the record's key
  Distribution distribution = Distribution::kConsistent;
  // When a record fails, lanes take turns in the order of offsets until all are past it: what it
  // failed of is not run into by several at once, and nothing behind it is done before it. Costs
  // each dispatch a look.
  bool collapse = false;
};

// A lane for each key that has work under way; free lanes are used again. While all are taken,
// records of further keys wait. A lane is taken until its records are marked (and so until their
// outputs are acknowledged). Records without a key have no order among themselves.
struct ByKey {
  KeyFunction by = {};            // default: the record's key
  std::size_t max_lanes = 1'000;  // and so consumer objects of a partition; at least 1
};

// No order at all.
struct Unordered {
  std::size_t max_lanes = 1'000;  // and so consumer objects of a partition; at least 1
};

struct Ordering {
  enum class Kind { kPartition, kVirtual, kKey, kUnordered };

  Kind kind = Kind::kPartition;
  std::size_t lanes = 1;  // at most
  KeyFunction by = {};
  Distribution distribution = Distribution::kConsistent;
  bool collapses = false;

  bool has_one_lane() const { return kind == Kind::kPartition; }
};

Ordering in_partition();
Ordering virtual_partitions(VirtualPartitions options);
Ordering by_key(ByKey options = {});
Ordering unordered(Unordered options = {});

// "partition", "virtual", "balanced", "key", "unordered".
const char* name(const Ordering& ordering);

}  // namespace rookery
