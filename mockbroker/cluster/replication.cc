// replication.cc
//
// What followers fetch, who is in sync, and how far the high watermark may rise.
#include "mockbroker/cluster/replication.h"

#include <algorithm>
#include <utility>

namespace rookery::mock {
namespace {

// From the first to the last of the entries that the offsets pass.
std::size_t bytes_between(const PartitionLog& log, Offset from, Offset end) {
  std::size_t bytes = 0;
  for (auto entry = log.entries().rbegin(); entry != log.entries().rend(); ++entry) {
    if (entry->last_offset() < from) break;
    if (entry->last_offset() < end) bytes += entry->fetch_bytes();
  }
  return bytes;
}

}  // namespace

Duration Replication::delay_of(const Partition& partition, const Replica& follower) const {
  if (!core_.is_registered(follower.node)) return Duration::max();
  // Whoever holds the log, also where it was deposed and nobody leads: cut off, it could not tell
  // the controller of a follower that has caught up (AlterPartition, KIP-497).
  if (core_.is_cut_off(partition.replicas[partition.holder].node)) return Duration::max();
  return core_.nodes[static_cast<std::size_t>(follower.node)].replication_delay;
}

bool Replication::lacks_something(const Partition& partition, const Replica& follower) const {
  const Replica& leader = partition.replicas[partition.holder];
  return follower.log.end_offset() != leader.log.end_offset() ||
         follower.high_watermark < leader.high_watermark || !follower.is_in_sync ||
         follower.follows_epoch != partition.placement.epoch;
}

void Replication::appended(Partition& partition, std::size_t bytes) {
  bool has_laggard = false;
  for (std::size_t i = 0; i < partition.replicas.size(); ++i) {
    if (i == partition.holder) continue;
    follow(partition, i);
    Replica& follower = partition.replicas[i];
    if (follower.known_end >= partition.log().end_offset()) continue;
    has_laggard |= follower.is_in_sync;
    const bool had_all = follower.known_end >= partition.log().entries().back().base_offset;
    if (had_all) follower.caught_up_at = core_.now;
  }
  raise_high_watermark(partition, bytes);
  if (has_laggard) arm_lag(partition);
}

void Replication::appended_apart(Partition& partition, Replica& replica, std::size_t bytes) {
  if (replica.belief->in_sync_count > 1) return;  // for its followers it waits in vain
  replica.high_watermark = replica.log.end_offset();
  produces_.wake(partition);
  fetches_.appended(partition, replica.node, bytes);
}

void Replication::catch_up(Partition& partition) {
  if (!is_led(partition)) return;
  for (std::size_t i = 0; i < partition.replicas.size(); ++i) {
    if (i != partition.holder) follow(partition, i);
  }
  expel_laggards(partition);
  raise_high_watermark(partition, 0);
}

void Replication::catch_up_all() {
  for (auto& [name, topic] : topics_.all()) {
    for (Partition& partition : topic.partitions) catch_up(partition);
  }
}

// One fetch: at once, or under way for as long as its node's take.
void Replication::follow(Partition& partition, std::size_t index) {
  Replica& follower = partition.replicas[index];
  if (follower.fetch.is_set() || !lacks_something(partition, follower)) return;
  const Duration delay = delay_of(partition, follower);
  if (delay <= Duration::zero()) {
    fetch(partition, follower);
  } else if (delay != Duration::max()) {
    follower.fetch.set(core_.timers, saturating_add(core_.now, delay), [this, &partition, index] {
      Replica& fetching = partition.replicas[index];
      if (!is_led(partition) || delay_of(partition, fetching) == Duration::max()) return;
      const Offset before = partition.high_watermark();
      fetch(partition, fetching);
      raise_high_watermark(partition, 0);
      // What its answer could not tell yet, the next one does.
      if (fetching.log.end_offset() != partition.log().end_offset() ||
          before < partition.high_watermark() || fetching.high_watermark < before) {
        follow(partition, index);
      }
      for (std::size_t i = 0; i < partition.replicas.size(); ++i) {
        if (i != partition.holder && before < partition.high_watermark()) follow(partition, i);
      }
    });
  }
}

void Replication::fetch(Partition& partition, Replica& follower) {
  const Replica& leader = leader_of(partition);
  if (follower.follows_epoch != partition.placement.epoch) {
    truncate(partition, follower, common_end(follower.log, leader.log), TruncationReason::kFollows);
    follower.follows_epoch = partition.placement.epoch;
  }
  follower.log.copy_from(leader.log, core_.now);
  follower.log.remove_below(leader.log.start_offset());
  follower.high_watermark = std::min(leader.high_watermark, follower.log.end_offset());
  follower.known_end = follower.log.end_offset();
  follower.caught_up_at = core_.now;
  follower.is_cut_short = false;
  if (!follower.is_in_sync) join_in_sync(partition, follower);
}

void Replication::truncate(Partition& partition, Replica& replica, Offset end,
                           TruncationReason reason) {
  const Offset old = replica.log.end_offset();
  if (end >= old) return;
  replica.log.truncate_to(end);
  replica.high_watermark = std::min(replica.high_watermark, end);
  core_.tell(&Observer::truncated,
             TruncationEvent{core_.now, partition.id, replica.node, end, old, reason});
}

void Replication::raise_high_watermark(Partition& partition, std::size_t bytes) {
  Replica& leader = leader_of(partition);
  if (leader.belief && leader.belief->in_sync_count > 1) return;  // it hears of no follower
  Offset end = leader.log.end_offset();
  for (const Replica& replica : partition.replicas) {
    if (&replica != &leader && replica.is_in_sync) end = std::min(end, replica.known_end);
  }
  const Offset old = leader.high_watermark;
  if (end <= old) return;
  leader.high_watermark = end;
  for (Replica& replica : partition.replicas) {
    const bool is_at_once = &replica != &leader && delay_of(partition, replica) <= Duration::zero();
    if (is_at_once) replica.high_watermark = std::min(end, replica.log.end_offset());
  }
  core_.tell(&Observer::high_watermark_rose,
             HighWatermarkEvent{core_.now, partition.id, leader.node, end});
  produces_.wake(partition);
  if (partition.waiting_fetches.empty()) return;
  fetches_.appended(partition, leader.node,
                    bytes > 0 ? bytes : bytes_between(leader.log, old, end));
}

// ---- The in-sync replicas

bool Replication::is_in_sync(const Partition& partition, NodeId node) const {
  return std::any_of(
      partition.replicas.begin(), partition.replicas.end(),
      [node](const Replica& replica) { return replica.node == node && replica.is_in_sync; });
}

void Replication::tell_in_sync(const Partition& partition) const {
  if (core_.observers.empty()) return;
  std::vector<NodeId> in_sync;
  for (const Replica& replica : partition.replicas) {
    if (replica.is_in_sync) in_sync.push_back(replica.node);
  }
  core_.tell(&Observer::in_sync_changed, InSyncEvent{core_.now, partition.id, in_sync});
}

void Replication::join_in_sync(Partition& partition, Replica& follower) {
  const Offset least = std::max(leader_of(partition).high_watermark, partition.epoch_start);
  if (core_.controller < 0 || follower.known_end < least) return;
  follower.is_in_sync = true;
  tell_in_sync(partition);
}

void Replication::fence(Partition& partition) {
  const auto is_fenced = [this](const Replica& replica) {
    const Node& node = core_.nodes[static_cast<std::size_t>(replica.node)];
    return replica.is_in_sync && !(node.is_available && node.is_registered);
  };
  const auto fenced =
      std::count_if(partition.replicas.begin(), partition.replicas.end(), is_fenced);
  if (fenced == 0 || fenced == partition.in_sync_count()) return;
  for (Replica& replica : partition.replicas) {
    if (is_fenced(replica)) replica.is_in_sync = false;
  }
  tell_in_sync(partition);
  if (is_led(partition)) raise_high_watermark(partition, 0);
}

void Replication::distrust(NodeId node) {
  for (auto& [name, topic] : topics_.all()) {
    for (Partition& partition : topic.partitions) {
      if (!is_in_sync(partition, node) || partition.in_sync_count() == 1) continue;
      for (Replica& replica : partition.replicas) {
        if (replica.node == node) replica.is_in_sync = false;
      }
      tell_in_sync(partition);
      if (is_led(partition)) raise_high_watermark(partition, 0);
    }
  }
}

void Replication::arm_lag(Partition& partition) {
  if (partition.lag.is_set()) return;
  const Offset end = partition.log().end_offset();
  TimePoint first = kNever;
  for (std::size_t i = 0; i < partition.replicas.size(); ++i) {
    const Replica& follower = partition.replicas[i];
    if (i == partition.holder || !follower.is_in_sync || follower.known_end >= end) continue;
    first =
        std::min(first, saturating_add(follower.caught_up_at, core_.options.replica_lag_time_max));
  }
  if (first == kNever) return;
  partition.lag.set(core_.timers, std::max(first, core_.now), [this, &partition] {
    if (is_led(partition)) expel_laggards(partition);
  });
}

void Replication::expel_laggards(Partition& partition) {
  // Whoever comes back to it catches up.
  const NodeId holder = partition.replicas[partition.holder].node;
  if (core_.controller < 0 || core_.is_cut_off(holder)) return;
  const Offset end = partition.log().end_offset();
  bool has_changed = false;
  for (std::size_t i = 0; i < partition.replicas.size(); ++i) {
    Replica& follower = partition.replicas[i];
    if (i == partition.holder || !follower.is_in_sync || follower.known_end >= end) continue;
    const TimePoint due = saturating_add(follower.caught_up_at, core_.options.replica_lag_time_max);
    if (due > core_.now) continue;
    follower.is_in_sync = false;
    has_changed = true;
  }
  if (has_changed) {
    tell_in_sync(partition);
    raise_high_watermark(partition, 0);
  }
  arm_lag(partition);
}

}  // namespace rookery::mock
