// offset_range.h
//
// Offsets from `begin` up to, and without, `end`.
#pragma once

#include <rookery/base/topic_partition.h>

#include <vector>

namespace rookery {

struct OffsetRange {
  Offset begin = 0;
  Offset end = 0;

  friend bool operator==(const OffsetRange&, const OffsetRange&) = default;
};

// Ascending, none empty, none touching the next.
using OffsetRanges = std::vector<OffsetRange>;

// Nothing is left at and above `offset`.
inline void forget_from(OffsetRanges& ranges, Offset offset) {
  while (!ranges.empty() && ranges.back().begin >= offset) ranges.pop_back();
  if (!ranges.empty() && ranges.back().end > offset) ranges.back().end = offset;
}

}  // namespace rookery
