// topic_partition.h
//
// A topic's partition as a value, ordered by topic, then partition.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace rookery {

using PartitionId = std::int32_t;
using Offset = std::int64_t;
using NodeId = std::int32_t;

struct TopicPartition {
  std::string topic;
  PartitionId partition = 0;

  friend bool operator==(const TopicPartition&, const TopicPartition&) = default;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;

  std::string text() const { return topic + "-" + std::to_string(partition); }  // "orders.v1-3"
};

struct TopicPartitionOffset {
  TopicPartition partition;
  Offset offset = 0;

  friend bool operator==(const TopicPartitionOffset&, const TopicPartitionOffset&) = default;
};

// "orders.v1-[0,1,2], refunds.v1-[4]": the style of every log line that lists partitions. Sorts its
// copy.
std::string text(std::vector<TopicPartition> partitions);

}  // namespace rookery
