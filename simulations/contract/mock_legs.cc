// mock_legs.cc
//
// One node or three, set up as tools/kafka.sh sets up the real ones.
#include "simulations/contract/mock_legs.h"

#include <gtest/gtest.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/cluster/cluster.h"
#include "mockbroker/cluster/inspection.h"
#include "mockbroker/transport/in_process_kafka.h"
#include "mockbroker/transport/mock_transport.h"
#include "simulations/network/simulated_network.h"
#include "simulations/scheduler/left_behind.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategy.h"
#include "simulations/scheduler/tape.h"

namespace rookery::contract {
namespace {

using std::chrono::milliseconds;

// How long a restarted node is away.
constexpr milliseconds kAway{500};

mock::ClusterOptions cluster_options(int nodes) {
  return {.nodes = nodes,
          .message_max_bytes = std::size_t{4} << 20,
          .group_min_session_timeout = mock::Milliseconds(1'000)};
}

std::uint64_t environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

// What the other member shares with its leg. Its thread and the test's, or fibers of both, use it.
struct OtherLife {
  Mutex mutex{"contract.other", ranks::kLeaf};
  ConditionVariable changed{"contract.other.changed"};
  bool is_over = false;
  bool is_frozen = false;
  int commits = 0;
  std::vector<std::string> said;

  void change(const std::function<void()>& how) {
    MutexLock lock(mutex);
    how();
    changed.notify_all();
  }
  OtherMemberHooks hooks() {
    return {.is_over =
                [this] {
                  MutexLock lock(mutex);
                  return is_over;
                },
            .takes_order =
                [this] {
                  MutexLock lock(mutex);
                  changed.wait_until(lock, kNever, [this] { return !is_frozen; });
                  return commits > 0 && commits-- > 0;
                },
            .say =
                [this](const std::string& what) {
                  MutexLock lock(mutex);
                  said.push_back(what);
                }};
  }
};

// On threads nothing can be frozen: its control thread waits, and what its others send is held.
class HeldMember final : public OtherMember {
 public:
  HeldMember(mock::InProcessKafka& kafka, std::unique_ptr<Transport> transport,
             const OtherMemberSettings& settings)
      : kafka_(kafka), transport_(std::move(transport)), thread_("other member", [this, settings] {
          run_other_member(*transport_, settings, life_.hooks());
        }) {}
  ~HeldMember() override {
    thaw();
    life_.change([this] { life_.is_over = true; });
    thread_.join();
  }
  void freeze() override {
    life_.change([this] { life_.is_frozen = true; });
    kafka_.with_cluster([](mock::Cluster& cluster, TimePoint, WallTime) {
      cluster.set_request_filter(
          [](TimePoint, NodeId, const mock::RequestHeader& header, const mock::Request&) {
            if (header.client_id == kOtherMemberId)
              return mock::FilterDecision(mock::HoldRequest{});
            return mock::FilterDecision(mock::PassRequest{});
          });
    });
  }
  void thaw() override {
    kafka_.with_cluster([](mock::Cluster& cluster, TimePoint at, WallTime wall) {
      cluster.set_request_filter({});
      cluster.release_held(at, wall);
    });
    life_.change([this] { life_.is_frozen = false; });
  }
  void order_commit() override {
    life_.change([this] { ++life_.commits; });
  }
  std::vector<std::string> said() override {
    MutexLock lock(life_.mutex);
    return life_.said;
  }

 private:
  mock::InProcessKafka& kafka_;
  const std::unique_ptr<Transport> transport_;
  OtherLife life_;
  Thread thread_;
};

// A process of the simulation, paused.
class PausedMember final : public OtherMember {
 public:
  PausedMember(sim::SimulatedNetwork& network, const OtherMemberSettings& settings)
      : scheduler_(*sim::Scheduler::current()),
        process_(scheduler_.spawn_process("other member", [this, &network, settings] {
          const sim::NetworkHost host(network);
          const auto transport = mock::make_mock_transport(network, {});
          run_other_member(*transport, settings, life_.hooks());
        })) {}
  ~PausedMember() override {
    thaw();
    life_.change([this] { life_.is_over = true; });
    scheduler_.wait_for_process(process_, kNever);
  }
  // Between two of its steps; never with the lock in its hands that the test needs.
  void freeze() override {
    MutexLock lock(life_.mutex);
    scheduler_.pause(process_);
  }
  void thaw() override { scheduler_.resume(process_); }
  void order_commit() override {
    life_.change([this] { ++life_.commits; });
  }
  std::vector<std::string> said() override {
    MutexLock lock(life_.mutex);
    return life_.said;
  }

 private:
  sim::Scheduler& scheduler_;
  OtherLife life_;
  const sim::ProcessId process_;
};

class MockLeg : public Leg {
 public:
  explicit MockLeg(int nodes) : node_count_(nodes) {}
  std::string fresh_name(const std::string& what) override {
    return what + "-" + std::to_string(++names_);
  }
  void await_topic(const std::string&, std::size_t) override {}  // metadata-at-once
  std::vector<NodeId> nodes() const override {
    std::vector<NodeId> all;
    for (NodeId node = 0; node < node_count_; ++node) all.push_back(node);
    return all;
  }
  void kill_node(NodeId node) override {
    stop(node, mock::StopMode::kCrash);
    killed_.insert(node);
  }
  void start_node(NodeId node) override {
    start(node);
    killed_.erase(node);
  }
  void restart_node(NodeId node) override {
    stop(node, mock::StopMode::kControlled);
    sleep_until(deadline_in(kAway));
    start(node);
  }
  void heal() override {
    answer_again();
    while (!killed_.empty()) start_node(*killed_.begin());
  }
  NodeId coordinator_of(const std::string& group) override {
    NodeId coordinator = -1;
    look([&](mock::Cluster& cluster) { coordinator = cluster.inspect().coordinator(group); });
    return coordinator;
  }

 protected:
  virtual void stop(NodeId node, mock::StopMode mode) = 0;
  virtual void start(NodeId node) = 0;
  virtual void look(const std::function<void(mock::Cluster&)>& question) = 0;

  static ConfigMap common(ConfigMap over) {
    over.insert({"client.id", "contract"});
    return over;
  }
  const int node_count_;
  std::set<NodeId> killed_;
  int names_ = 0;
};

class ThreadedLeg final : public MockLeg {
 public:
  explicit ThreadedLeg(int nodes) : MockLeg(nodes), kafka_(cluster_options(nodes)) {}
  void run(const std::function<void()>& body) override { body(); }
  std::unique_ptr<Transport> make_transport(ConfigMap over) override {
    return kafka_.make_transport(common(std::move(over)));
  }
  std::unique_ptr<OtherMember> start_member(const OtherMemberSettings& settings) override {
    return std::make_unique<HeldMember>(kafka_, kafka_.make_transport({}), settings);
  }
  void append_gap(const TopicPartition& partition) override {
    kafka_.with_cluster([&](mock::Cluster& cluster, TimePoint at, WallTime wall) {
      const auto marker = cluster.append_marker(at, wall, partition);
      EXPECT_TRUE(marker) << marker.error().text();
    });
  }
  void stop_answering() override {
    for (const NodeId node : nodes()) kafka_.hold_answers(node);
  }
  void answer_again() override {
    for (const NodeId node : nodes()) kafka_.release_answers(node);
  }
  std::optional<std::size_t> resident_bytes() override {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  }

 private:
  void stop(NodeId node, mock::StopMode mode) override {
    EXPECT_TRUE(kafka_.stop_node(node, mode));
  }
  void start(NodeId node) override { EXPECT_TRUE(kafka_.start_node(node)); }
  void look(const std::function<void(mock::Cluster&)>& question) override {
    kafka_.with_cluster([&](mock::Cluster& cluster, TimePoint, WallTime) { question(cluster); });
  }

  mock::InProcessKafka kafka_;
};

class SimulatedLeg final : public MockLeg {
 public:
  SimulatedLeg(int nodes, std::uint64_t seeds) : MockLeg(nodes), seeds_(seeds) {}
  void run(const std::function<void()>& body) override {
    const std::uint64_t only = environment("ROOKERY_CONTRACT_SEED", 0);
    const std::uint64_t last = only != 0 ? only : environment("ROOKERY_CONTRACT_SEEDS", seeds_);
    for (std::uint64_t seed = only != 0 ? only : 1; seed <= last && !::testing::Test::HasFailure();
         ++seed) {
      const std::uint64_t trace_hash = simulate(seed, body);
      // A run is a function of its seed.
      if (seed > 1 || ::testing::Test::HasFailure()) continue;
      EXPECT_EQ(simulate(seed, body), trace_hash) << "the second run of a seed took another way";
    }
  }
  std::unique_ptr<Transport> make_transport(ConfigMap over) override {
    return mock::make_mock_transport(world_->network, common(std::move(over)));
  }
  std::unique_ptr<OtherMember> start_member(const OtherMemberSettings& settings) override {
    return std::make_unique<PausedMember>(world_->network, settings);
  }
  void append_gap(const TopicPartition& partition) override {
    world_->network.with_cluster([&](mock::Cluster& cluster, TimePoint at) {
      const auto marker =
          cluster.append_marker(at, sim::Scheduler::current()->wall_time(), partition);
      EXPECT_TRUE(marker) << marker.error().text();
    });
  }
  // Same code as on threads, which measure it; asking the system here would not repeat.
  std::optional<std::size_t> resident_bytes() override { return std::nullopt; }
  void stop_answering() override {
    for (const NodeId node : nodes()) world_->network.block(answers_of(node));
  }
  void answer_again() override {
    for (const NodeId node : nodes()) world_->network.unblock(answers_of(node));
  }

 private:
  struct World {
    explicit World(int nodes) : cluster(cluster_options(nodes)), network(cluster, nodes) {}
    mock::Cluster cluster;
    sim::SimulatedNetwork network;
  };

  void stop(NodeId node, mock::StopMode mode) override { world_->network.stop_node(node, mode); }
  void start(NodeId node) override { world_->network.start_node(node); }
  void look(const std::function<void(mock::Cluster&)>& question) override {
    world_->network.with_cluster([&](mock::Cluster& cluster, TimePoint) { question(cluster); });
  }

  static sim::Link answers_of(NodeId node) {
    return {.process = sim::Scheduler::current()->current_process(),
            .node = node,
            .direction = sim::Direction::kFromNode};
  }

  // Answers the trace hash.
  std::uint64_t simulate(std::uint64_t seed, const std::function<void()>& body) {
    sim::Tape tape = sim::Tape::from_seed(seed);
    sim::RandomStrategy strategy(tape);
    sim::Scheduler scheduler({}, tape, strategy);
    names_ = 0;
    killed_.clear();
    const sim::RunResult result = scheduler.run([&] {
      world_ = std::make_unique<World>(node_count_);
      Thread kafka("kafka", [this] { world_->network.run(); });
      const sim::ProcessId program = scheduler.spawn_process("program", [&] {
        const sim::NetworkHost host(world_->network);
        body();
      });
      EXPECT_TRUE(scheduler.wait_for_process(program, kNever));
      world_->network.stop();
      kafka.join();
      world_.reset();
    });
    if (result.failure) {
      ADD_FAILURE() << result.failure->kind << ": " << result.failure->text;
      sim::leave_behind(std::move(world_));
    }
    if (::testing::Test::HasFailure()) ADD_FAILURE() << "with ROOKERY_CONTRACT_SEED=" << seed;
    return result.trace_hash;
  }

  const std::uint64_t seeds_;
  std::unique_ptr<World> world_;
};

std::string suffix(int nodes) { return nodes == 1 ? "" : "_" + std::to_string(nodes) + "_nodes"; }

}  // namespace

LegFactory mock_simulated_leg(int nodes, std::uint64_t seeds) {
  return {.name = "mock_simulated" + suffix(nodes),
          .make = [nodes, seeds] { return std::make_unique<SimulatedLeg>(nodes, seeds); },
          .skips = {}};
}

LegFactory mock_threaded_leg(int nodes) {
  return {.name = "mock_threaded" + suffix(nodes),
          .make = [nodes] { return std::make_unique<ThreadedLeg>(nodes); },
          .skips = {}};
}

}  // namespace rookery::contract
