// segments_plan.cc
//
// Offsets of segments side by side.
#include <rookery/cli/segments_plan.h>

#include <algorithm>
#include <map>
#include <utility>

namespace rookery {
namespace {

using OffsetsByPartition = std::map<TopicPartition, GroupOffset>;

OffsetsByPartition by_partition(const GroupOffsets& group) {
  OffsetsByPartition all;
  for (const GroupOffset& offset : group.offsets) all.emplace(offset.partition, offset);
  return all;
}

std::optional<Offset> offset_in(const OffsetsByPartition& offsets,
                                const TopicPartition& partition) {
  const auto found = offsets.find(partition);
  return found == offsets.end() ? std::nullopt : std::optional(found->second.offset);
}

SegmentsPlan plan_for(const SegmentedGroup& group) {
  SegmentsPlan plan{.group = group.origin.group};
  for (const GroupOffsets& segment : group.segments) plan.segments.push_back(segment.group);
  return plan;
}

void add_distribution(const std::vector<GroupOffset>& offsets, const SegmentedGroup& group,
                      SegmentsPlan& plan) {
  for (const GroupOffsets& segment : group.segments) {
    const OffsetsByPartition present = by_partition(segment);
    for (const GroupOffset& offset : offsets) {
      const auto found = present.find(offset.partition);
      if (found != present.end() && found->second == offset) continue;
      plan.to_segments.push_back({.group = segment.group,
                                  .partition = offset.partition,
                                  .from = offset_in(present, offset.partition),
                                  .to = offset.offset,
                                  .metadata = offset.metadata});
    }
  }
}

// What the segments have of one partition.
struct Spread {
  std::optional<Offset> lowest;
  std::optional<Offset> highest;
  std::string without;  // a segment that has none; empty: all have
};

std::map<TopicPartition, Spread> spreads_of(const SegmentedGroup& group) {
  std::map<TopicPartition, Spread> spreads;
  for (const GroupOffsets& segment : group.segments) {
    for (const GroupOffset& offset : segment.offsets) {
      Spread& spread = spreads[offset.partition];
      spread.lowest = std::min(spread.lowest.value_or(offset.offset), offset.offset);
      spread.highest = std::max(spread.highest.value_or(offset.offset), offset.offset);
    }
  }
  for (const GroupOffsets& segment : group.segments) {
    const OffsetsByPartition present = by_partition(segment);
    for (auto& [partition, spread] : spreads) {
      if (!present.contains(partition)) spread.without = segment.group;
    }
  }
  return spreads;
}

std::string difference_text(const TopicPartition& partition, const Spread& spread) {
  if (!spread.without.empty()) {
    return partition.text() + ": " + spread.without + " has no offset, another has " +
           std::to_string(*spread.highest);
  }
  return partition.text() + ": from " + std::to_string(*spread.lowest) + " to " +
         std::to_string(*spread.highest);
}

}  // namespace

Result<SegmentsPlan> plan_distribution(const SegmentedGroup& group, bool is_forced) {
  for (const GroupOffsets& segment : group.segments) {
    if (is_forced || segment.offsets.empty()) continue;
    const GroupOffset& first = segment.offsets.front();
    return fail(
        ErrorCode::kState,
        "group '" + segment.group + "' has offsets already (" + first.partition.text() + "@" +
            std::to_string(first.offset) +
            "): --force overwrites them, and what was done since is done again or passed by");
  }
  SegmentsPlan plan = plan_for(group);
  add_distribution(group.origin.offsets, group, plan);
  return plan;
}

Result<SegmentsPlan> plan_collapse(const SegmentedGroup& group, bool is_forced) {
  const std::map<TopicPartition, Spread> spreads = spreads_of(group);
  const OffsetsByPartition origin = by_partition(group.origin);
  SegmentsPlan plan = plan_for(group);
  std::string first_difference;
  std::size_t differences = 0;
  for (const auto& [partition, spread] : spreads) {
    if (!spread.without.empty() || spread.lowest != spread.highest) {
      if (++differences == 1) first_difference = difference_text(partition, spread);
    }
    if (!spread.without.empty()) {
      plan.left_alone.push_back(partition);
      continue;
    }
    const auto present = origin.find(partition);
    if (present != origin.end() && present->second == GroupOffset{partition, *spread.lowest, ""}) {
      continue;
    }
    plan.to_origin.push_back({.group = group.origin.group,
                              .partition = partition,
                              .from = offset_in(origin, partition),
                              .to = *spread.lowest});
  }
  if (differences == 0 || is_forced) return plan;
  return fail(ErrorCode::kState,
              "the segments of '" + group.origin.group + "' differ in " +
                  std::to_string(differences) +
                  (differences == 1 ? " partition (" : " partitions (") + first_difference +
                  "): let them all come to the end, or take the lowest with --force: then what "
                  "others did beyond it is done again");
}

Result<SegmentsPlan> plan_reset(const SegmentedGroup& group, bool is_forced) {
  Result<SegmentsPlan> plan = plan_collapse(group, is_forced);
  if (!plan) return plan;
  OffsetsByPartition origin = by_partition(group.origin);
  for (const OffsetChange& change : plan->to_origin) {
    origin[change.partition] = {change.partition, change.to, change.metadata};
  }
  // Only what was brought together: elsewhere the origin knows less than its segments.
  std::vector<GroupOffset> offsets;
  for (const auto& [partition, spread] : spreads_of(group)) {
    if (spread.without.empty()) offsets.push_back(origin.at(partition));
  }
  add_distribution(offsets, group, *plan);
  return plan;
}

}  // namespace rookery
