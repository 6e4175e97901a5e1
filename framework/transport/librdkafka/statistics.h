// statistics.h
//
// What the transport itself needs out of librdkafka's statistics, without parsing all of the JSON.
// Its members: librdkafka's STATISTICS.md.
#pragma once

#include <rookery/runtime/time_types.h>
#include <rookery/transport/client_statistics.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

namespace rookery::librdkafka {

struct MembershipSeen {
  bool is_steady = false;  // cgrp.join_state: no join is under way
  TimePoint at;            // when librdkafka looked, on the monotonic clock
};

// Not steady when the object has no group.
MembershipSeen membership_in(std::string_view statistics_json);

// brokers.*, by node: their rtt, which tells of the time since the object before; none of whom
// nothing was asked meanwhile. Brokers without a node id (bootstrap addresses) and logical ones
// (the coordinator's shadow, whose requests wait for rebalances) are left out. None: it tells of no
// brokers.
using NodesSeen = std::map<std::int32_t, std::optional<ClientStatistics::RoundTrips>>;
std::optional<NodesSeen> nodes_in(std::string_view statistics_json);

}  // namespace rookery::librdkafka
