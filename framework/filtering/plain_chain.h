// plain_chain.h
//
// What must become of each record of a batch, written down from the meaning of filters alone: one
// record at a time, without a thought for cost. For tests.
#pragma once

#include <rookery/filtering/filter.h>

#include <optional>
#include <set>
#include <vector>

namespace rookery {

// A filter as its answers.
struct PlainFilter {
  std::set<Offset> removes;
  FilterAction action;
  std::optional<Offset> cursor;
  bool marks = false;
  std::optional<Offset> marking_cursor;
};

enum class Fate {
  kRun,      // it passed all filters
  kDone,     // removed, and may be passed by the committed offset
  kDropped,  // removed, and may not
  kHeld,     // wanted again
};

struct PlainVerdict {
  bool is_applied = false;
  FilterAction action;
  std::optional<Offset> cursor;
  std::vector<Fate> fates;  // of each record
};

PlainVerdict plain_chain(const std::vector<PlainFilter>& filters,
                         const std::vector<Offset>& offsets);

}  // namespace rookery
