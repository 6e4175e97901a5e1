// leadership.cc
//
// Elections and restarts, as far as they change what a partition holds.
#include <algorithm>
#include <utility>

#include "mockbroker/cluster/replication.h"

namespace rookery::mock {
namespace {

// What a node that loses its power at that time keeps: what was written longer ago than the topic's
// flush.ms, or the cluster's interval, and what flush.messages had it write.
Offset flushed_end(const PartitionLog& log, const TopicConfig& config, Milliseconds interval,
                   TimePoint at) {
  if (config.flush_ms >= 0) interval = std::min(interval, Milliseconds(config.flush_ms));
  Offset flushed = log.start_offset();
  std::int64_t unflushed = 0;
  for (const LogEntry& entry : log.entries()) {
    unflushed += entry.block->last_offset_delta() + 1;
    const bool is_old = saturating_add(entry.written_at, interval) <= at;
    if (!is_old && unflushed < config.flush_messages) continue;
    flushed = entry.last_offset() + 1;
    unflushed = 0;
  }
  return log.entries().empty() ? log.end_offset() : flushed;
}

// A block is lost as a whole, whatever DeleteRecords has taken of it before.
Offset first_lost(const PartitionLog& log, Offset end) {
  for (const LogEntry& entry : log.entries()) {
    if (entry.last_offset() >= end) return std::min(entry.base_offset, end);
  }
  return end;
}

void reload(ProducerStates& producers, const PartitionLog& log, Offset from, std::int64_t wall_ms) {
  ProducerStates::Reload reload(producers, from);
  for (const LogEntry& entry : log.entries()) {
    if (entry.producer.id < 0) continue;
    reload.add({entry.producer.id, entry.producer.epoch, entry.producer.base_sequence,
                entry.block->last_offset_delta() + 1},
               entry.base_offset, wall_ms);
  }
}

}  // namespace

NodeId Replication::choose(const Partition& partition) const {
  if (partition.topic->config.has_unclean_election) return choose_unclean(partition);
  for (const Replica& replica : partition.replicas) {
    if (replica.is_in_sync && core_.is_registered(replica.node)) return replica.node;
  }
  return -1;
}

NodeId Replication::choose_unclean(const Partition& partition) const {
  for (const Replica& replica : partition.replicas) {
    if (replica.is_in_sync && core_.is_registered(replica.node)) return replica.node;
  }
  for (const Replica& replica : partition.replicas) {
    if (core_.is_registered(replica.node)) return replica.node;
  }
  return -1;
}

void Replication::lead(Partition& partition, NodeId leader) {
  const NodeId old = std::exchange(partition.placement.leader, leader);
  const std::int32_t epoch = ++partition.placement.epoch;
  core_.tell(&Observer::leader_moved, LeaderEvent{core_.now, partition.id, old, leader, epoch});
  for (Replica& replica : partition.replicas) {
    replica.fetch.cancel();
    replica.known_end = -1;
    replica.caught_up_at = core_.now;
  }
  partition.lag.cancel();
  for (std::size_t i = 0; i < partition.replicas.size(); ++i) {
    if (partition.replicas[i].node == leader) take_over(partition, i);
  }
  produces_.wake(partition);
  fetches_.wake(partition);
  catch_up(partition);
}

void Replication::take_over(Partition& partition, std::size_t index) {
  Replica& leader = partition.replicas[index];
  const Replica& before = partition.replicas[partition.holder];
  const bool is_unclean = !leader.is_in_sync;
  if (&leader != &before) keep_apart(partition);
  partition.incarnation = core_.nodes[static_cast<std::size_t>(leader.node)].incarnation;
  partition.epoch_start = leader.log.end_offset();
  leader.log.begin_epoch(partition.placement.epoch);
  leader.follows_epoch = partition.placement.epoch;
  if (is_unclean) {
    for (Replica& replica : partition.replicas) replica.is_in_sync = &replica == &leader;
    tell_in_sync(partition);
  }
  const bool is_cut_short = std::exchange(leader.is_cut_short, false);
  const auto whole = std::exchange(partition.before_power_loss, std::nullopt);
  if (&leader == &before && !whole) return;
  const PartitionLog& old = whole ? whole->log : before.log;
  LossReason reason = is_cut_short ? LossReason::kNotFlushed : LossReason::kNotReplicated;
  if (is_unclean) reason = LossReason::kUncleanElection;
  const Offset common = common_end(old, leader.log);
  const LossEvent loss{core_.now,
                       partition.id,
                       first_lost(old, common),
                       old.end_offset(),
                       whole ? whole->high_watermark : before.high_watermark,
                       partition.placement.epoch,
                       reason};
  partition.holder = index;
  partition.compacted_below = std::min(partition.compacted_below, common);
  if (loss.end <= common && leader.log.end_offset() <= common) return;
  if (loss.end > common) core_.tell(&Observer::lost, loss);
  reload(partition.producers, leader.log, common, core_.wall.time_since_epoch().count());
  tell_restored(partition, common);
}

// Its leader goes on without knowing of another: with what it has.
void Replication::keep_apart(Partition& partition) {
  const Replica& before = leader_of(partition);
  if (!before.belief) return;
  before.belief->epoch_start = partition.epoch_start;
  before.belief->producers = partition.producers;
}

void Replication::tell_restored(const Partition& partition, Offset from) const {
  for (const LogEntry& entry : partition.log().entries()) {
    if (entry.base_offset < from) continue;
    core_.tell(&Observer::appended, AppendEvent{core_.now,
                                                partition.id,
                                                entry.base_offset,
                                                entry.block,
                                                entry.leader_epoch,
                                                partition.placement.leader,
                                                {},
                                                -1,
                                                entry.producer.id,
                                                entry.producer.epoch,
                                                entry.producer.base_sequence,
                                                true});
  }
}

void Replication::recover(NodeId node, TimePoint lost_power_at) {
  for (auto& [name, topic] : topics_.all()) {
    for (Partition& partition : topic.partitions) {
      for (Replica& replica : partition.replicas) {
        if (replica.node != node) continue;
        const Offset end =
            flushed_end(replica.log, topic.config, core_.options.flush_interval, lost_power_at);
        const bool is_holder = &replica == &leader_of(partition);
        const bool is_alone = replica.is_in_sync && partition.in_sync_count() == 1;
        if (is_holder && !is_alone && !partition.before_power_loss) {
          partition.before_power_loss = BeforePowerLoss{replica.log, replica.high_watermark};
        }
        const LossEvent loss{core_.now,
                             partition.id,
                             first_lost(replica.log, end),
                             replica.log.end_offset(),
                             replica.high_watermark,
                             partition.placement.epoch,
                             LossReason::kNotFlushed};
        truncate(partition, replica, end, TruncationReason::kNotFlushed);
        replica.is_cut_short |= loss.end > end;
        if (!is_holder || !is_alone || loss.end <= end) continue;
        core_.tell(&Observer::lost, loss);
        reload(partition.producers, replica.log, end, core_.wall.time_since_epoch().count());
      }
    }
  }
}

void Replication::cut_off(NodeId node) {
  for (auto& [name, topic] : topics_.all()) {
    for (Partition& partition : topic.partitions) {
      const bool leads = partition.is_led_by(core_, node);
      for (Replica& replica : partition.replicas) {
        if (leads || replica.node == node) replica.fetch.cancel();
        if (replica.node != node) continue;
        replica.belief = std::make_unique<OldBelief>();
        replica.belief->epoch = partition.placement.epoch;
        replica.belief->leads = leads;
        replica.belief->in_sync_count = partition.in_sync_count();
        ++partition.beliefs;
      }
    }
  }
}

void Replication::tell_how_things_are(NodeId node) {
  for (auto& [name, topic] : topics_.all()) {
    for (Partition& partition : topic.partitions) {
      for (Replica& replica : partition.replicas) {
        if (replica.node != node || !replica.belief) continue;
        const bool is_deposed = replica.belief->epoch != partition.placement.epoch;
        replica.belief.reset();
        --partition.beliefs;
        if (!is_deposed) continue;
        produces_.wake(partition);
        fetches_.wake_at(node, partition);
      }
      catch_up(partition);
    }
  }
}

void Replication::set_delay(NodeId node, Duration delay) {
  core_.nodes[static_cast<std::size_t>(node)].replication_delay = delay;
  for (auto& [name, topic] : topics_.all()) {
    for (Partition& partition : topic.partitions) {
      for (Replica& replica : partition.replicas) {
        if (replica.node == node) replica.fetch.cancel();
      }
      catch_up(partition);
    }
  }
}

}  // namespace rookery::mock
