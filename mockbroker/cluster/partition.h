// partition.h
//
// One partition: where it lives, what each of its replicas holds, and who waits for it.
//
// Each replica has a log of its own; the logs share their blocks. What clients see is the leader's
// log, and while there is no leader that of the last one: log() and high_watermark(). A leader that
// is cut off goes on with what it believes, also when another was elected: it serves its own log,
// and what it appends there is cut off when it learns better. Sources: Kafka's Partition and
// Replica.
#pragma once

#include "mockbroker/cluster/core.h"
#include "mockbroker/cluster/log.h"
#include "mockbroker/cluster/producer_state.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace rookery::mock {

struct Topic;

// What a node that is cut off believes of a partition: how things were when that began.
struct OldBelief {
  std::int32_t epoch = 0;
  bool leads = false;
  // Of a leader. No other replica's log, nor the ISR, can change for it.
  std::int32_t in_sync_count = 0;
  // Once another leads; until then the partition's own are its.
  Offset epoch_start = 0;
  ProducerStates producers;
};

struct Replica {
  NodeId node = -1;
  PartitionLog log;
  // Everything below is on all replicas in sync, as far as this one was told.
  Offset high_watermark = 0;
  bool is_in_sync = true;     // member of the ISR
  bool is_cut_short = false;  // by a loss of power, and it has not followed or led since
  // Of the epoch up to which it has cut its log to the leader's; -1: not compared yet.
  std::int32_t follows_epoch = -1;

  // What the leader knows of it. -1: it has not asked since the leader was elected.
  Offset known_end = -1;
  TimePoint caught_up_at{};  // when it last had all that the leader had
  Timer fetch;               // of what is under way to it

  std::unique_ptr<OldBelief> belief;  // none: its node knows how things are
};

// What the holder had before its node lost its power.
struct BeforePowerLoss {
  PartitionLog log;
  Offset high_watermark = 0;
};

struct Partition {
  TopicPartition id;
  const Topic* topic = nullptr;
  Placement placement;
  std::vector<Replica> replicas;  // as in the placement, in its order
  std::size_t holder = 0;         // the replica that leads, or led last
  // Set while others in sync may still have it all: the next leader shows what is lost.
  std::optional<BeforePowerLoss> before_power_loss;
  std::uint32_t incarnation = 0;          // of the leader's node when it was elected
  Offset epoch_start = 0;                 // the log's end at that time
  ProducerStates producers;               // what the holder's log says of them
  Timer lag;                              // when a replica in sync has lagged for too long
  std::vector<ReplyTo> waiting_fetches;   // in order of arrival
  std::vector<ReplyTo> waiting_produces;  // the same
  Offset compacted_below = 0;             // where the last compaction ended
  std::int32_t beliefs = 0;               // replicas with an old belief

  PartitionLog& log() { return replicas[holder].log; }
  const PartitionLog& log() const { return replicas[holder].log; }
  // What consumers may read up to.
  Offset high_watermark() const { return replicas[holder].high_watermark; }
  // Whether the node leads, in this life of its process.
  bool is_led_by(const Core& core, NodeId node) const {
    return placement.leader == node && core.knows(node) &&
           core.nodes[static_cast<std::size_t>(node)].incarnation == incarnation;
  }
  // What the node serves if it leads, or believes that it does. A deposed leader that does not know
  // it serves its own log.
  const Replica& served_by(NodeId node) const {
    return beliefs == 0 ? replicas[holder] : replicas[place_served_by(node)];
  }
  Replica& served_by(NodeId node) {
    return beliefs == 0 ? replicas[holder] : replicas[place_served_by(node)];
  }
  std::size_t place_served_by(NodeId node) const {
    const OldBelief* belief = belief_of(node);
    if (!belief || !belief->leads) return holder;
    std::size_t place = 0;
    while (replicas[place].node != node) ++place;
    return place;
  }
  // None: the node knows how things are.
  const OldBelief* belief_of(NodeId node) const {
    if (beliefs == 0) return nullptr;
    for (const Replica& replica : replicas) {
      if (replica.node == node) return replica.belief.get();
    }
    return nullptr;
  }
  // As the node believes.
  std::int32_t epoch_at(NodeId node) const {
    const OldBelief* belief = belief_of(node);
    return belief ? belief->epoch : placement.epoch;
  }
  std::int32_t in_sync_count_at(NodeId node) const {
    const OldBelief* belief = belief_of(node);
    return belief ? belief->in_sync_count : in_sync_count();
  }
  Offset epoch_start_at(NodeId node) const {
    return is_holder(served_by(node)) ? epoch_start : belief_of(node)->epoch_start;
  }
  ProducerStates& producers_at(NodeId node) {
    Replica& serving = served_by(node);
    return is_holder(serving) ? producers : serving.belief->producers;
  }
  bool is_holder(const Replica& replica) const { return &replica == &replicas[holder]; }
  std::int32_t in_sync_count() const {
    std::int32_t count = 0;
    for (const Replica& replica : replicas) count += replica.is_in_sync ? 1 : 0;
    return count;
  }
};

}  // namespace rookery::mock
