// link.h
//
// One direction between a process and a node.
#pragma once

#include <rookery/base/topic_partition.h>

#include <compare>
#include <cstdint>

#include "simulations/scheduler/scheduler.h"

namespace rookery::sim {

enum class Direction : std::uint8_t { kToNode, kFromNode };

// In a Link: all processes, those that are not started yet included.
inline constexpr ProcessId kAnyProcess = UINT32_MAX;

struct Link {
  ProcessId process = kWorld;
  NodeId node = -1;
  Direction direction = Direction::kToNode;

  friend auto operator<=>(const Link&, const Link&) = default;
};

}  // namespace rookery::sim
