// strike.h
//
// One fault of a run at work: how it begins, goes on, ends, and whether it took effect.
//
// Each kind has a Strike (network_strikes.cc, broker_strikes.cc, process_strikes.cc,
// topic_strikes.cc); the FaultInjector calls them at their times. A strike leaves the world as it
// found it, whatever other strikes do meanwhile: what several of them touch is in StrikeZone.
//
// Thread rules: the world's main fiber.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "simulations/faults/fault.h"
#include "simulations/world/cluster_witness.h"
#include "simulations/world/producer_process.h"
#include "simulations/world/server_process.h"
#include "simulations/world/stage.h"

namespace rookery::sim {

using Servers = std::vector<std::unique_ptr<ServerProcess>>;

// What a group reads.
struct Subscription {
  std::string group;
  TopicPartition partition;
};

// What strikes aim at, and what they share.
struct StrikeZone {
  StrikeZone(Stage& the_stage, Servers& the_servers, ProducerProcess& the_producer)
      : stage(the_stage),
        servers(the_servers),
        producer(the_producer),
        plain(the_stage.network.profile()) {
    stage.cluster.add_observer(&witness);
  }
  StrikeZone(const StrikeZone&) = delete;
  StrikeZone& operator=(const StrikeZone&) = delete;

  ServerProcess& server(std::uint64_t number) { return *servers[number % servers.size()]; }
  NodeId node(std::uint64_t number) const {
    return static_cast<NodeId>(number % static_cast<std::uint64_t>(nodes));
  }
  // Of all changes in force the later ones win where they touch the same.
  using ProfileChange = std::function<void(NetworkProfile&)>;
  void change_profile(std::size_t index, ProfileChange change);
  void restore_profile(std::size_t index);
  // A link stays blocked until all who blocked it have freed it.
  void block(const Link& link);
  void unblock(const Link& link);
  // False: they lag already because of another strike, which restores them.
  bool delay_replicas(std::size_t index, NodeId node, Duration delay);
  void restore_replicas(std::size_t index, NodeId node);
  // False: it was down already. The strike that stopped a node starts it.
  bool stop_node(std::size_t index, NodeId node, mock::StopMode mode);
  void start_node(std::size_t index, NodeId node);
  // False: it is down, or cut off from the others already. The strike that cut it off reconnects
  // it.
  bool isolate(std::size_t index, NodeId node);
  void end_isolation(std::size_t index, NodeId node);

  Stage& stage;
  Servers& servers;
  ProducerProcess& producer;
  ClusterWitness witness;
  int nodes = 1;
  Duration replica_lag_time_max{0};  // of the cluster
  std::vector<TopicPartition> partitions;
  std::vector<std::string> groups;
  // Of groups that go back to what is left when records they have not read are gone
  // (auto.offset.reset=earliest).
  std::vector<Subscription> subscriptions;
  // One more server, not started.
  std::function<std::unique_ptr<ServerProcess>()> make_server;
  Servers spares;  // those that were made

 private:
  void apply_profile();
  void set_replication_delay(NodeId node, Duration delay);

  const NetworkProfile plain;
  std::map<std::size_t, ProfileChange> changes_;
  std::map<Link, int> blocked_;            // by how many
  std::map<NodeId, std::size_t> stopped_;  // by which fault
  std::map<NodeId, std::size_t> lagging_;  // because of which fault
  std::map<NodeId, std::size_t> isolated_;
};

class Strike {
 public:
  virtual ~Strike() = default;

  // False: it finds nothing to strike, and is over.
  virtual bool begin() = 0;
  // When more than begin() and end() happens: since the beginning, in order.
  virtual std::vector<Duration> steps() const { return {}; }
  virtual void step(std::size_t) {}
  virtual void end() {}
  // It is over as soon as it has begun.
  virtual bool is_instant() const { return false; }
  // Something was different because of it. Asked at any time after begin().
  virtual bool is_effective() const = 0;

  // Tells the history that it begins; by itself when begin() is through. To be called by what makes
  // events itself, so that the cause is told first.
  void announce() {
    if (std::exchange(is_announced_, true)) return;
    on_announced_();
  }
  void on_announced(std::function<void()> tell) { on_announced_ = std::move(tell); }

 private:
  std::function<void()> on_announced_;
  bool is_announced_ = false;
};

// `index` is the fault's place in the plan. Null: the kind is another family's.
std::unique_ptr<Strike> make_network_strike(StrikeZone& zone, std::size_t index,
                                            const Fault& fault);
std::unique_ptr<Strike> make_broker_strike(StrikeZone& zone, std::size_t index, const Fault& fault);
std::unique_ptr<Strike> make_process_strike(StrikeZone& zone, std::size_t index,
                                            const Fault& fault);
std::unique_ptr<Strike> make_topic_strike(StrikeZone& zone, std::size_t index, const Fault& fault);

}  // namespace rookery::sim
