// ordering.cc
//
// Orderings from their options.
#include <rookery/routing/ordering.h>

#include <utility>

namespace rookery {

Ordering in_partition() { return {}; }

Ordering virtual_partitions(VirtualPartitions options) {
  return {.kind = Ordering::Kind::kVirtual,
          .lanes = options.count,
          .by = std::move(options.by),
          .distribution = options.distribution,
          .collapses = options.collapse};
}

Ordering by_key(ByKey options) {
  return {.kind = Ordering::Kind::kKey, .lanes = options.max_lanes, .by = std::move(options.by)};
}

Ordering unordered(Unordered options) {
  return {.kind = Ordering::Kind::kUnordered, .lanes = options.max_lanes};
}

const char* name(const Ordering& ordering) {
  switch (ordering.kind) {
    case Ordering::Kind::kPartition:
      return "partition";
    case Ordering::Kind::kVirtual:
      return ordering.distribution == Distribution::kBalanced ? "balanced" : "virtual";
    case Ordering::Kind::kKey:
      return "key";
    case Ordering::Kind::kUnordered:
      return "unordered";
  }
  return "";
}

}  // namespace rookery
