// broker_strikes.cc
//
// What befalls nodes, and who leads what.

#include <algorithm>
#include <chrono>

#include "mockbroker/cluster/inspection.h"
#include "simulations/world/strike.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;

class BrokerRestart final : public Strike {
 public:
  BrokerRestart(StrikeZone& zone, std::size_t index, const Fault& fault)
      : zone_(zone), index_(index), fault_(fault) {}

  bool begin() override {
    if (!zone_.stage.network.is_up(zone_.node(fault_.target))) return false;
    announce();
    const auto mode = fault_.severity != 0 ? mock::StopMode::kControlled : mock::StopMode::kCrash;
    return zone_.stop_node(index_, zone_.node(fault_.target), mode);
  }
  void end() override { zone_.start_node(index_, zone_.node(fault_.target)); }
  bool is_effective() const override { return true; }

 private:
  StrikeZone& zone_;
  const std::size_t index_;
  const Fault fault_;
};

// Takes effect when the count of something rose between its beginning and its end.
class Counted : public Strike {
 public:
  bool is_effective() const final { return after_ > before_; }

 protected:
  // What counts is told on the network's fiber.
  void begin_count() {
    const Uninterrupted scope;
    before_ = count();
  }
  void end_count() {
    const Uninterrupted scope;
    after_ = count();
  }

 private:
  virtual std::uint64_t count() const = 0;

  std::uint64_t before_ = 0;
  std::uint64_t after_ = 0;
};

// Other replicas have what it loses, unless it is the last in sync. It takes effect when some
// replica of the node comes back shorter than it was.
class PowerLoss final : public Counted {
 public:
  PowerLoss(StrikeZone& zone, std::size_t index, const Fault& fault)
      : zone_(zone), index_(index), node_(zone.node(fault.target)) {}

  bool begin() override {
    if (!zone_.stage.network.is_up(node_)) return false;
    announce();
    begin_count();
    return zone_.stop_node(index_, node_, mock::StopMode::kPowerLoss);
  }
  void end() override {
    zone_.start_node(index_, node_);
    end_count();
  }

 private:
  std::uint64_t count() const override { return zone_.witness.unflushed_replicas(node_); }

  StrikeZone& zone_;
  const std::size_t index_;
  const NodeId node_;
};

// One node after the other, evenly over the time.
class RollingRestart final : public Strike {
 public:
  RollingRestart(StrikeZone& zone, std::size_t index, const Fault& fault)
      : zone_(zone), index_(index), fault_(fault) {}

  bool begin() override { return true; }
  std::vector<Duration> steps() const override {
    const Duration each = fault_.duration / zone_.nodes;
    const Duration down = std::min<Duration>(milliseconds(fault_.extent), each * 4 / 5);
    std::vector<Duration> steps;
    for (NodeId node = 0; node < zone_.nodes; ++node) {
      steps.push_back(each * node);
      steps.push_back(each * node + down);
    }
    return steps;
  }
  void step(std::size_t number) override {
    const auto node = static_cast<NodeId>(number / 2);
    if (number % 2 == 1) return zone_.start_node(index_, node);
    if (zone_.stop_node(index_, node, mock::StopMode::kControlled)) ++stopped_;
  }
  void end() override {
    for (NodeId node = 0; node < zone_.nodes; ++node) zone_.start_node(index_, node);
  }
  bool is_effective() const override { return stopped_ > 0; }

 private:
  StrikeZone& zone_;
  const std::size_t index_;
  const Fault fault_;
  int stopped_ = 0;
};

// It takes effect when a request has to wait.
class BrokerPause final : public Counted {
 public:
  BrokerPause(StrikeZone& zone, const Fault& fault) : zone_(zone), node_(zone.node(fault.target)) {}

  bool begin() override {
    if (zone_.stage.network.is_paused(node_)) return false;
    begin_count();
    zone_.stage.network.pause_node(node_);
    return true;
  }
  void end() override {
    end_count();
    zone_.stage.network.resume_node(node_);
  }

 private:
  std::uint64_t count() const override { return zone_.stage.network.counts().paused_requests; }

  StrikeZone& zone_;
  const NodeId node_;
};

class SlowBroker final : public Counted {
 public:
  SlowBroker(StrikeZone& zone, const Fault& fault) : zone_(zone), fault_(fault) {}

  bool begin() override {
    begin_count();
    zone_.stage.network.delay_answers(zone_.node(fault_.target), milliseconds(fault_.extent));
    return true;
  }
  void end() override {
    end_count();
    zone_.stage.network.delay_answers(zone_.node(fault_.target), Duration::zero());
  }

 private:
  std::uint64_t count() const override { return zone_.stage.network.counts().delayed_answers; }

  StrikeZone& zone_;
  const Fault fault_;
};

// Fetches of the node's replicas from their leaders take long, or do not get through. It takes
// effect when something acknowledged with acks=all, or read, had to wait for them, or for their
// leaving the in-sync replicas.
class ReplicationLag final : public Counted {
 public:
  ReplicationLag(StrikeZone& zone, std::size_t index, const Fault& fault)
      : zone_(zone), index_(index), fault_(fault), node_(zone.node(fault.target)) {}

  bool begin() override {
    begin_count();
    return zone_.delay_replicas(
        index_, node_, fault_.severity != 0 ? Duration::max() : milliseconds(fault_.extent));
  }
  void end() override {
    zone_.restore_replicas(index_, node_);
    end_count();
  }

 private:
  std::uint64_t count() const override { return zone_.witness.late_high_watermarks(); }

  StrikeZone& zone_;
  const std::size_t index_;
  const Fault fault_;
  const NodeId node_;
};

// It takes effect when others lead what the node led, and it does not know.
class Isolation final : public Counted {
 public:
  Isolation(StrikeZone& zone, std::size_t index, const Fault& fault)
      : zone_(zone), index_(index), node_(zone.node(fault.target)) {}

  bool begin() override {
    begin_count();
    return zone_.isolate(index_, node_);
  }
  void end() override {
    end_count();
    zone_.end_isolation(index_, node_);
  }

 private:
  std::uint64_t count() const override { return zone_.witness.deposed(node_); }

  StrikeZone& zone_;
  const std::size_t index_;
  const NodeId node_;
};

// One replica of a partition lags until it is out of sync; then the others crash, and an operator
// has it elected, as kafka-leader-election --election-type unclean does (KIP-460). It takes effect
// when records are lost by that.
class UncleanElection final : public Counted {
 public:
  UncleanElection(StrikeZone& zone, std::size_t index, const Fault& fault)
      : zone_(zone), index_(index), fault_(fault) {}

  bool begin() override {
    if (zone_.partitions.empty()) return false;
    partition_ = zone_.partitions[fault_.target % zone_.partitions.size()];
    zone_.stage.network.with_cluster([&](mock::Cluster& cluster, TimePoint) {
      const auto placement = cluster.inspect().placement(partition_);
      if (placement) replicas_ = placement->replicas;
      std::erase_if(replicas_, [&](NodeId node) { return node == placement->leader; });
    });
    if (replicas_.empty()) return false;
    laggard_ = replicas_[fault_.severity % replicas_.size()];
    begin_count();
    return zone_.delay_replicas(index_, laggard_, Duration::max());
  }
  std::vector<Duration> steps() const override {
    const Duration is_out_of_sync = zone_.replica_lag_time_max + std::chrono::seconds(2);
    return {is_out_of_sync, is_out_of_sync + kUntilElection};
  }
  void step(std::size_t number) override {
    zone_.stage.network.with_cluster([&](mock::Cluster& cluster, TimePoint now) {
      if (number == 0) {
        in_sync_ = cluster.inspect().in_sync(partition_);
      } else {
        // Refused where one of those in sync is up, or nobody is.
        static_cast<void>(cluster.elect_unclean(now, partition_));
      }
    });
    if (number != 0 || std::count(in_sync_.begin(), in_sync_.end(), laggard_) > 0) return;
    for (const NodeId node : in_sync_) zone_.stop_node(index_, node, mock::StopMode::kCrash);
  }
  void end() override {
    for (const NodeId node : in_sync_) zone_.start_node(index_, node);
    zone_.restore_replicas(index_, laggard_);
    end_count();
  }

 private:
  std::uint64_t count() const override { return zone_.witness.unclean_losses(partition_); }

  // The controller has noticed.
  static constexpr Duration kUntilElection = std::chrono::seconds(2);

  StrikeZone& zone_;
  const std::size_t index_;
  const Fault fault_;
  TopicPartition partition_;
  std::vector<NodeId> replicas_;  // but for the leader
  std::vector<NodeId> in_sync_;
  NodeId laggard_ = -1;
};

// Leaders, coordinators, the controller: at once, with no end of its own. Refused when the node is
// down or is it already: then nothing has happened.
class Move : public Strike {
 public:
  Move(StrikeZone& zone, const Fault& fault) : zone_(zone), fault_(fault) {}

  bool begin() override {
    bool has_moved = false;
    zone_.stage.network.with_cluster(
        [&](mock::Cluster& cluster, TimePoint now) { has_moved = move(cluster, now); });
    return has_moved;
  }
  bool is_instant() const override { return true; }
  bool is_effective() const override { return true; }

 protected:
  virtual bool move(mock::Cluster& cluster, TimePoint now) = 0;
  NodeId goal() const { return zone_.node(fault_.severity); }

  StrikeZone& zone_;
  const Fault fault_;
};

class LeaderMove final : public Move {
  using Move::Move;
  bool move(mock::Cluster& cluster, TimePoint now) override {
    if (zone_.partitions.empty()) return false;
    const TopicPartition& partition = zone_.partitions[fault_.target % zone_.partitions.size()];
    const auto before = cluster.inspect().placement(partition);
    if (!before || before->leader == goal() || !before->has_replica(goal())) return false;
    return cluster.move_leader(now, partition, goal()).has_value();
  }
};

class CoordinatorMove final : public Move {
  using Move::Move;
  bool move(mock::Cluster& cluster, TimePoint now) override {
    if (zone_.groups.empty()) return false;
    const std::string& group = zone_.groups[fault_.target % zone_.groups.size()];
    if (cluster.inspect().coordinator(group) == goal()) return false;
    return cluster.move_coordinator(now, group, goal()).has_value();
  }
};

class ControllerMove final : public Move {
  using Move::Move;
  bool move(mock::Cluster& cluster, TimePoint now) override {
    const NodeId before = cluster.inspect().controller();
    // Absent: another fault brings it back.
    if (before == -1 || before == goal() || !zone_.stage.network.is_up(goal())) return false;
    return cluster.move_controller(now, goal()).has_value();
  }
};

class ControllerAbsence final : public Strike {
 public:
  explicit ControllerAbsence(StrikeZone& zone) : zone_(zone) {}

  bool begin() override {
    bool is_absent = false;
    zone_.stage.network.with_cluster([&](mock::Cluster& cluster, TimePoint now) {
      const NodeId before = cluster.inspect().controller();
      is_absent = before != -1 && cluster.move_controller(now, -1).has_value();
    });
    return is_absent;
  }
  void end() override {
    zone_.stage.network.with_cluster([&](mock::Cluster& cluster, TimePoint now) {
      if (cluster.inspect().controller() == -1) cluster.end_controller_absence(now);
    });
  }
  bool is_effective() const override { return true; }

 private:
  StrikeZone& zone_;
};

}  // namespace

std::unique_ptr<Strike> make_broker_strike(StrikeZone& zone, std::size_t index,
                                           const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kBrokerRestart:
      return std::make_unique<BrokerRestart>(zone, index, fault);
    case FaultKind::kPowerLoss:
      return std::make_unique<PowerLoss>(zone, index, fault);
    case FaultKind::kRollingRestart:
      return std::make_unique<RollingRestart>(zone, index, fault);
    case FaultKind::kBrokerPause:
      return std::make_unique<BrokerPause>(zone, fault);
    case FaultKind::kSlowBroker:
      return std::make_unique<SlowBroker>(zone, fault);
    case FaultKind::kReplicationLag:
      return std::make_unique<ReplicationLag>(zone, index, fault);
    case FaultKind::kIsolation:
      return std::make_unique<Isolation>(zone, index, fault);
    case FaultKind::kUncleanElection:
      return std::make_unique<UncleanElection>(zone, index, fault);
    case FaultKind::kLeaderMove:
      return std::make_unique<LeaderMove>(zone, fault);
    case FaultKind::kCoordinatorMove:
      return std::make_unique<CoordinatorMove>(zone, fault);
    case FaultKind::kControllerMove:
      return std::make_unique<ControllerMove>(zone, fault);
    case FaultKind::kControllerAbsence:
      return std::make_unique<ControllerAbsence>(zone);
    default:
      return nullptr;
  }
}

}  // namespace rookery::sim
