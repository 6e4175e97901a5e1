// group_admin.h
//
// Consumer groups as seen from outside: who is in them, and what they have committed.
#pragma once

#include <rookery/base/result.h>
#include <rookery/base/topic_partition.h>

#include <string>
#include <vector>

namespace rookery {

struct ConsumerGroupMember {
  std::string id;           // given by the coordinator
  std::string instance_id;  // group.instance.id; empty: dynamic
  std::string client_id;
  std::string host;
  std::vector<TopicPartition> assignment;  // empty while the group rebalances

  // "billing (billing-1-7f3a at /10.0.0.7)"
  std::string text() const;
};

struct ConsumerGroupDescription {
  std::string group;
  std::string state;  // Kafka's words: "Stable", "Empty"; "Dead": there is no such group
  std::vector<ConsumerGroupMember> members;
};

struct GroupListing {
  std::string group;
  std::string state;       // Kafka's words
  bool is_simple = false;  // offsets without members: nobody ever joined

  friend bool operator==(const GroupListing&, const GroupListing&) = default;
};

struct GroupOffset {
  TopicPartition partition;
  Offset offset = 0;
  std::string metadata = {};  // what was committed with it

  friend bool operator==(const GroupOffset&, const GroupOffset&) = default;
};
struct GroupOffsets {
  std::string group;
  std::vector<GroupOffset> offsets;
};
struct GroupPartitions {
  std::string group;
  std::vector<TopicPartition> partitions;
};

// kNonEmptyGroup, naming the members, when there are any: only they may change what their group has
// committed.
Status require_no_members(const ConsumerGroupDescription& description);

// A coordinator refused a change because somebody joined after the group was found empty: the same
// error. Others are handed back as they are, the group named.
Error group_change_error(const std::string& group, Error error);

}  // namespace rookery
