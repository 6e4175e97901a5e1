// statistics.h
//
// What the transport itself needs out of librdkafka's statistics, without parsing all of the JSON.
// Its members: librdkafka's STATISTICS.md.
#pragma once

#include <rookery/runtime/time_types.h>
#include <rookery/transport/client_statistics.h>

#include <cstdint>
#include <map>
#include <string_view>

namespace rookery::librdkafka {

struct MembershipSeen {
  bool is_steady = false;  // cgrp.join_state: no join is under way
  TimePoint at;            // when librdkafka looked, on the monotonic clock
};

// Not steady when the object has no group.
MembershipSeen membership_in(std::string_view statistics_json);

// brokers.*.rtt, by node; each object tells of the time since the one before. Brokers without a
// node id (bootstrap addresses), logical ones (the coordinator's shadow, whose requests wait for
// rebalances) and those without a round trip are left out.
std::map<std::int32_t, ClientStatistics::RoundTrips> round_trips_in(
    std::string_view statistics_json);

}  // namespace rookery::librdkafka
