// segments.cc
//
// Names of segments, and which records they keep.
#include <rookery/routing/segments.h>

#include <rookery/base/murmur2.h>

namespace rookery {

std::string segment_group(const std::string& group, const ParallelSegments& segments,
                          std::size_t segment) {
  return group + segments.merge_key + std::to_string(segment);
}

std::vector<std::string> segment_groups(const std::string& group,
                                        const ParallelSegments& segments) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < segments.count; ++i) {
    names.push_back(segment_group(group, segments, i));
  }
  return names;
}

std::size_t segment_of(Bytes key, Offset offset, std::size_t count) {
  if (key.is_null()) return static_cast<std::size_t>(offset) % count;
  return (murmur2(key.view()) & 0x7fffffffU) % count;
}

}  // namespace rookery
