// assignors.h
//
// Who gets which partition: Kafka's range, roundrobin and cooperative-sticky assignors, as the
// leader of a group runs them. Pure functions of their input.
//
// Sources: Kafka's RangeAssignor, RoundRobinAssignor, CooperativeStickyAssignor (KIP-429).
#pragma once

#include <rookery/base/topic_partition.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mockbroker/protocol/protocol.h"

namespace rookery::mock {

// By member id; each list sorted. Every member has an entry.
using GroupAssignment = std::map<std::string, std::vector<TopicPartition>>;
// Topics that exist.
using PartitionCounts = std::map<std::string, std::int32_t>;

GroupAssignment assign_range(const std::vector<JoinGroupResponse::Member>& members,
                             const PartitionCounts& counts);
GroupAssignment assign_roundrobin(const std::vector<JoinGroupResponse::Member>& members,
                                  const PartitionCounts& counts);
// Balanced and sticky, without regard to who still holds what.
GroupAssignment assign_sticky(const std::vector<JoinGroupResponse::Member>& members,
                              const PartitionCounts& counts);
// The sticky one, less the partitions another member has to give up first: they come with the
// rebalance that follows.
GroupAssignment assign_cooperative_sticky(const std::vector<JoinGroupResponse::Member>& members,
                                          const PartitionCounts& counts);

bool is_known_assignor(std::string_view name);
// Whether members keep their partitions while they rebalance.
bool is_cooperative(std::string_view name);
// `name` is a known one.
GroupAssignment assign(std::string_view name, const std::vector<JoinGroupResponse::Member>& members,
                       const PartitionCounts& counts);

}  // namespace rookery::mock
