// segments_plan.h
//
// What the segments command would write, and why it may not: from what the groups have committed
// to the offsets they should have.
//
// Data alone; nothing is read or written here.
#pragma once

#include <rookery/base/result.h>
#include <rookery/transport/group_admin.h>

#include <optional>
#include <string>
#include <vector>

namespace rookery {

// One group of the routes, what it has committed as a whole (the origin), and its segments.
struct SegmentedGroup {
  GroupOffsets origin;
  std::vector<GroupOffsets> segments;  // by number
};

struct OffsetChange {
  std::string group;
  TopicPartition partition;
  std::optional<Offset> from;  // none: nothing was committed
  Offset to = 0;
  std::string metadata = {};
};

struct SegmentsPlan {
  std::string group;
  std::vector<std::string> segments;
  std::vector<OffsetChange> to_origin;    // by partition; written first
  std::vector<OffsetChange> to_segments;  // by segment, then partition
  // Where a segment has no offset: what it has done there is not known, so nothing is written.
  std::vector<TopicPartition> left_alone;
};

// The origin's offsets, with their metadata, to each segment. Refused (kState) when a segment has
// an offset, unless forced: then those of the origin's partitions are overwritten.
Result<SegmentsPlan> plan_distribution(const SegmentedGroup& group, bool is_forced);

// The lowest of the segments' offsets, for each partition, to the origin. Refused (kState) when
// they differ, or one has none where another has, unless forced. Without metadata: what a segment
// says of records behind its offset is true of its own records only.
Result<SegmentsPlan> plan_collapse(const SegmentedGroup& group, bool is_forced);

// Collapse, and what the origin then has to each segment.
Result<SegmentsPlan> plan_reset(const SegmentedGroup& group, bool is_forced);

}  // namespace rookery
