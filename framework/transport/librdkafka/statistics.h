// statistics.h
//
// What the transport itself needs out of librdkafka's statistics, without parsing all of the JSON.
#pragma once

#include <rookery/runtime/time_types.h>

#include <string_view>

namespace rookery::librdkafka {

struct MembershipSeen {
  bool is_steady = false;  // cgrp.join_state: no join is under way
  TimePoint at;            // when librdkafka looked, on the monotonic clock
};

// Not steady when the object has no group.
MembershipSeen membership_in(std::string_view statistics_json);

}  // namespace rookery::librdkafka
