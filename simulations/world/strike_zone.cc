// strike_zone.cc
//
// What several strikes may change at once.

#include <utility>

#include "simulations/world/strike.h"

namespace rookery::sim {

void StrikeZone::change_profile(std::size_t index, ProfileChange change) {
  changes_[index] = std::move(change);
  apply_profile();
}

void StrikeZone::restore_profile(std::size_t index) {
  changes_.erase(index);
  apply_profile();
}

void StrikeZone::apply_profile() {
  NetworkProfile profile = plain;
  for (const auto& [index, change] : changes_) change(profile);
  stage.network.set_profile(profile);
}

void StrikeZone::block(const Link& link) {
  if (blocked_[link]++ == 0) stage.network.block(link);
}

void StrikeZone::unblock(const Link& link) {
  if (--blocked_[link] == 0) stage.network.unblock(link);
}

bool StrikeZone::delay_replicas(std::size_t index, NodeId node, Duration delay) {
  if (!lagging_.try_emplace(node, index).second) return false;
  set_replication_delay(node, delay);
  return true;
}

void StrikeZone::set_replication_delay(NodeId node, Duration delay) {
  stage.network.with_cluster([&](mock::Cluster& cluster, TimePoint now) {
    if (const Status set = cluster.set_replication_delay(now, node, delay); !set) {
      stage.scheduler.fail("misuse", set.error().text());
    }
  });
}

void StrikeZone::restore_replicas(std::size_t index, NodeId node) {
  const auto lagging = lagging_.find(node);
  if (lagging == lagging_.end() || lagging->second != index) return;
  lagging_.erase(lagging);
  set_replication_delay(node, Duration::zero());
}

bool StrikeZone::isolate(std::size_t index, NodeId node) {
  if (!stage.network.is_up(node) || !isolated_.try_emplace(node, index).second) return false;
  stage.network.with_cluster([&](mock::Cluster& cluster, TimePoint now) {
    if (const Status cut_off = cluster.cut_off_node(now, node); !cut_off) {
      stage.scheduler.fail("misuse", cut_off.error().text());
    }
  });
  return true;
}

void StrikeZone::end_isolation(std::size_t index, NodeId node) {
  const auto isolated = isolated_.find(node);
  if (isolated == isolated_.end() || isolated->second != index) return;
  isolated_.erase(isolated);
  stage.network.with_cluster([&](mock::Cluster& cluster, TimePoint now) {
    // Refused when its process has ended since, and its isolation with it.
    static_cast<void>(cluster.reconnect_node(now, node));
  });
}

bool StrikeZone::stop_node(std::size_t index, NodeId node, mock::StopMode mode) {
  if (!stage.network.is_up(node)) return false;
  stopped_[node] = index;
  stage.network.stop_node(node, mode);
  return true;
}

void StrikeZone::start_node(std::size_t index, NodeId node) {
  const auto stopped = stopped_.find(node);
  if (stopped == stopped_.end() || stopped->second != index) return;
  stopped_.erase(stopped);
  stage.network.start_node(node);
}

}  // namespace rookery::sim
