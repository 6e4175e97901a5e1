// segment_filter.h
//
// Keeps the records of one parallel segment out of what its partition took, before anything else
// looks at them: user filters, lanes, deserialisers.
//
// Thread rules: one thread at a time, no lock held: it runs the user's key function.
#pragma once

#include <rookery/lanes/lane_key.h>
#include <rookery/routing/segments.h>
#include <rookery/transport/record_batch.h>

#include <cstddef>

namespace rookery {

class SegmentFilter {
 public:
  // A record whose key function throws is segment 0's, which alone tells of it.
  SegmentFilter(const ParallelSegments& segments, std::size_t segment, KeyErrorHandler on_error);

  // In their order; the batch itself when all are of this segment. What is left out is another
  // group's: done, for this one.
  RecordBatch keep(RecordBatch batch) const;

 private:
  bool is_mine(const Record& record) const;

  const std::size_t count_;
  const std::size_t segment_;
  const KeyReader keys_;
};

}  // namespace rookery
