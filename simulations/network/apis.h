// apis.h
//
// The kinds of requests that a fault can strike one by one, under the protocol's names.
#pragma once

#include <array>
#include <cstddef>

namespace rookery::sim {

// Their places enter replay lines: add at the end only.
inline constexpr std::array<const char*, 12> kFaultyApis = {
    "Produce",        "Fetch",       "ListOffsets", "FindCoordinator",
    "InitProducerId", "JoinGroup",   "SyncGroup",   "Heartbeat",
    "OffsetCommit",   "OffsetFetch", "LeaveGroup",  "OffsetsForLeaderEpoch"};

// Any number: taken modulo what there is.
constexpr const char* faulty_api_name(std::size_t api) {
  return kFaultyApis[api % kFaultyApis.size()];
}

}  // namespace rookery::sim
