// replication.h
//
// How the replicas of a partition come to hold the same: followers fetch from their leader, the
// in-sync replicas (ISR) shrink and grow, the high watermark rises, and a new leader's log becomes
// what the partition holds.
//
// A follower's fetch takes its node's replication delay. With a delay of 0 followers have what the
// leader appends in the same moment, and an append costs one entry a replica. A follower first cuts
// off what its leader does not have, by leader epochs, then copies. It leaves the ISR when the
// controller takes its node to be down, or when it has not caught up for replica.lag.time.max.ms;
// it comes back when it has all below the high watermark. It leaves the ISR, too, when its node
// comes back from a loss of power: it may lack what it had acknowledged. The ISR keeps its last
// member. No ISR changes while there is no controller, or its leader is cut off from it.
//
// Sources: KIP-101 and KIP-279 (truncation), KIP-497 (AlterPartition), KIP-207, KIP-966 (unclean
// shutdown); Kafka's Partition, ReplicaFetcherThread, ReplicationControlManager.
#pragma once

#include "mockbroker/cluster/core.h"
#include "mockbroker/cluster/fetches.h"
#include "mockbroker/cluster/produces.h"
#include "mockbroker/cluster/topics.h"

#include <cstddef>

namespace rookery::mock {

class Replication {
 public:
  Replication(Core& core, Topics& topics, Fetches& fetches, Produces& produces)
      : core_(core), topics_(topics), fetches_(fetches), produces_(produces) {}

  // The leader's log has one entry more, of so many bytes for a fetch.
  void appended(Partition& partition, std::size_t bytes);
  // A leader that was deposed and does not know it appended to its own log.
  void appended_apart(Partition& partition, Replica& replica, std::size_t bytes);
  // Followers fetch what they lack, and leave the ISR when they have lagged for too long.
  void catch_up(Partition& partition);
  void catch_up_all();

  // Who should lead: the first replica in sync that is up, else, where the topic allows unclean
  // elections, the first that is up at all; -1: nobody.
  NodeId choose(const Partition& partition) const;
  // The same, where an unclean election was ordered.
  NodeId choose_unclean(const Partition& partition) const;
  bool is_in_sync(const Partition& partition, NodeId node) const;
  // A new leader, -1: none. The epoch grows, whoever it is. What only older leaders had is lost.
  void lead(Partition& partition, NodeId leader);
  // The controller takes nodes out of the ISR that it knows to be down, unless nobody were left.
  void fence(Partition& partition);
  // The node comes back from a loss of power at that time: what it had not flushed then is gone.
  void recover(NodeId node, TimePoint lost_power_at);
  // The controller learns that the node came back so: its replicas leave the ISR, unless nobody
  // were left.
  void distrust(NodeId node);
  // From now on; Duration::max(): its fetches reach nobody.
  void set_delay(NodeId node, Duration delay);
  // The node hears of nothing any more, nor anybody of it, until it is told how things are (or its
  // process ends): it goes on with what it knows. Core has noted before that it is cut off, or not.
  void cut_off(NodeId node);
  void tell_how_things_are(NodeId node);

 private:
  Replica& leader_of(Partition& partition) const { return partition.replicas[partition.holder]; }
  bool is_led(const Partition& partition) const {
    return partition.placement.leader >= 0 && core_.is_up(partition.placement.leader) &&
           partition.is_led_by(core_, partition.placement.leader);
  }
  Duration delay_of(const Partition& partition, const Replica& follower) const;
  bool lacks_something(const Partition& partition, const Replica& follower) const;
  void follow(Partition& partition, std::size_t index);
  void fetch(Partition& partition, Replica& follower);
  void truncate(Partition& partition, Replica& replica, Offset end, TruncationReason reason);
  void raise_high_watermark(Partition& partition, std::size_t bytes);
  void join_in_sync(Partition& partition, Replica& follower);
  void arm_lag(Partition& partition);
  void expel_laggards(Partition& partition);
  void tell_in_sync(const Partition& partition) const;
  void take_over(Partition& partition, std::size_t index);
  void keep_apart(Partition& partition);
  void tell_restored(const Partition& partition, Offset from) const;

  Core& core_;
  Topics& topics_;
  Fetches& fetches_;
  Produces& produces_;
};

}  // namespace rookery::mock
