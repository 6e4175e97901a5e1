// segments.h
//
// Parallel segments: one group's work shared by several groups, each of which reads every record
// and keeps those of its segment.
//
//   app.group("billing", {.parallel_segments = {{.count = 4}}})
//
// runs as the groups billing-parallel-0 to billing-parallel-3: so the same partition is worked at
// by several processes. A key is always in the same segment, in the order of its offsets. Together
// they process every record once. docs/segments.md says how offsets get there and back.
#pragma once

#include <rookery/base/bytes.h>
#include <rookery/base/topic_partition.h>
#include <rookery/routing/key_function.h>

#include <cstddef>
#include <string>
#include <vector>

namespace rookery {

struct ParallelSegments {
  std::size_t count = 0;                 // at least 1
  KeyFunction by = {};                   // default: the record's key
  std::string merge_key = "-parallel-";  // between the group's name and the segment's number
};

// The group that processes one segment: "billing-parallel-2".
std::string segment_group(const std::string& group, const ParallelSegments& segments,
                          std::size_t segment);
// Of all of them, by number.
std::vector<std::string> segment_groups(const std::string& group, const ParallelSegments& segments);

// (murmur2(key) & 0x7fffffff) mod count; of a null key, its offset mod count. count is at least 1.
std::size_t segment_of(Bytes key, Offset offset, std::size_t count);

}  // namespace rookery
