// group_lags.h
//
// How far groups are behind the ends of what they read.
//
// All groups are asked for together: their members and their offsets in a request for each group
// (members over the in-process Kafka for each coordinator), the topics in one, and the ends of all
// partitions in two for each broker; besides, each group's coordinator is found twice. Of 5 groups
// over 500 partitions of 3 brokers these are 5 OffsetFetch, 5 DescribeGroups, at most 6
// ListOffsets, 10 FindCoordinator and up to 10 Metadata; more partitions need no more.
#pragma once

#include <rookery/admin/admin.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rookery {

struct PartitionLag {
  TopicPartition partition;
  std::optional<Offset> committed;       // none: the group has committed nothing there
  std::optional<Watermarks> watermarks;  // none: `missing` says why
  std::string missing;                   // "the topic does not exist", "no leader"
  std::string member;                    // the client that holds it; empty: nobody

  // Records (gaps in the log counted, too) between the commit and the end; none when one of them is
  // not known. Where the log was cut behind the commit, those that are gone count as well: Kafka's
  // own tools do so.
  std::optional<std::int64_t> lag() const;
};

struct GroupLag {
  std::string group;
  std::string state;  // Kafka's word: "Stable", "Empty"
  std::size_t members = 0;
  // All partitions of all topics in which the group has committed something or a member holds one,
  // in their order.
  std::vector<PartitionLag> partitions;

  std::int64_t total() const;  // of those that are known and behind
};

// One answer for each group, in order. Errors: kGroupIdNotFound; what its coordinator says. Where
// the ends could not be read all groups have that error.
std::vector<Result<GroupLag>> group_lags(Admin& admin, const std::vector<std::string>& groups);

}  // namespace rookery
