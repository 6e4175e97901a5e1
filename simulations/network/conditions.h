// conditions.h
//
// The state of the network and its nodes that messages meet: what is blocked, slow or paused, and
// the dice of accidents.
//
// Thread rules: inside Uninterrupted scopes.
#pragma once

#include <rookery/runtime/time_types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "mockbroker/protocol/protocol.h"
#include "simulations/network/link.h"
#include "simulations/network/profile.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/wall_clock.h"

namespace rookery::sim {

// Where a request's connection is to break.
enum class Loss : std::uint8_t { kNo, kBeforeSending, kAfterSending, kBeforeAnswer };
// What becomes of an answer, besides its latency.
enum class AnswerFate : std::uint8_t { kComes, kIsHeld, kIsSwallowed };

class Conditions {
 public:
  explicit Conditions(Scheduler& scheduler) : scheduler_(scheduler) {}

  // --- Dice. All that is off draws nothing.

  Duration draw_latency();
  // Of an answer of the node, its slowness included.
  Duration draw_answer_latency(NodeId node);
  Loss draw_loss();
  // The node's refusal, in place of its work.
  std::optional<ErrorCode> draw_error(const mock::Request& request);
  AnswerFate draw_fate();
  // Zero: the connection is not muted.
  Duration draw_throttling();

  // --- State

  // Answers whether it was not there before.
  bool block(const Link& link) { return blocked_.insert(link).second; }
  bool unblock(const Link& link) { return blocked_.erase(link) != 0; }
  bool is_blocked(ProcessId process, NodeId node, Direction direction) const {
    return !blocked_.empty() && (blocked_.contains({process, node, direction}) ||
                                 blocked_.contains({kAnyProcess, node, direction}));
  }
  // A message has met the block.
  void note_stalled(ProcessId process, NodeId node, Direction direction);
  std::uint64_t stalled_on(const Link& link) const;

  // The node's wall clock, made when first asked for.
  WallClock& wall_clock(NodeId node) { return wall_clocks_[node]; }
  // What the node takes the time for.
  WallTime wall_time(NodeId node, TimePoint now);

  NetworkProfile profile;
  NetworkCounts counts;
  std::map<NodeId, Duration> answer_delay;
  std::set<NodeId> down;
  std::set<NodeId> paused;

 private:
  Scheduler& scheduler_;
  std::set<Link> blocked_;
  std::map<Link, std::uint64_t> stalled_;
  std::map<NodeId, WallClock> wall_clocks_;
};

}  // namespace rookery::sim
