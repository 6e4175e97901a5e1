// simulated_leg.cc
//
// A cluster, a network and a program's process on one scheduler.
#include "simulations/contract/simulated_leg.h"

#include <gtest/gtest.h>
#include <rookery/runtime/thread.h>

#include <utility>

#include "mockbroker/transport/mock_transport.h"
#include "simulations/scheduler/left_behind.h"

namespace rookery::contract {
namespace {

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

sim::Link answers_of(NodeId node) {
  return {.process = sim::Scheduler::current()->current_process(),
          .node = node,
          .direction = sim::Direction::kFromNode};
}

}  // namespace

struct SimulatedLeg::World {
  explicit World(int nodes) : cluster(cluster_options(nodes)), network(cluster, nodes) {}
  mock::Cluster cluster;
  sim::SimulatedNetwork network;
};

SimulatedLeg::SimulatedLeg(int nodes) : MockLeg(nodes) {}
SimulatedLeg::~SimulatedLeg() = default;

sim::RunResult SimulatedLeg::simulate(const sim::SchedulerOptions& options, sim::Tape& tape,
                                      sim::Strategy& strategy, const std::function<void()>& body) {
  sim::Scheduler scheduler(options, tape, strategy);
  names_ = 0;
  killed_.clear();
  sim::RunResult result = scheduler.run([&] {
    world_ = std::make_unique<World>(node_count_);
    Thread kafka("kafka", [this] { world_->network.run(); });
    const sim::ProcessId program = scheduler.spawn_process("program", [&] {
      const sim::NetworkHost host(world_->network);
      body();
    });
    scheduler.wait_for_process(program, kNever);
    world_->network.stop();
    kafka.join();
    world_.reset();
  });
  if (result.failure) sim::leave_behind(std::move(world_));
  return result;
}

std::unique_ptr<Transport> SimulatedLeg::make_transport(ConfigMap over) {
  return mock::make_mock_transport(world_->network, common(std::move(over)));
}

std::unique_ptr<OtherMember> SimulatedLeg::start_member(const OtherMemberSettings& settings) {
  return std::make_unique<PausedMember>(world_->network, settings);
}

void SimulatedLeg::append_gap(const TopicPartition& partition) {
  world_->network.with_cluster([&](mock::Cluster& cluster, TimePoint at) {
    const auto marker =
        cluster.append_marker(at, sim::Scheduler::current()->wall_time(), partition);
    EXPECT_TRUE(marker) << marker.error().text();
  });
}

void SimulatedLeg::stop_answering() {
  for (const NodeId node : nodes()) world_->network.block(answers_of(node));
}
void SimulatedLeg::answer_again() {
  for (const NodeId node : nodes()) world_->network.unblock(answers_of(node));
}

void SimulatedLeg::stop(NodeId node, mock::StopMode mode) { world_->network.stop_node(node, mode); }
void SimulatedLeg::start(NodeId node) { world_->network.start_node(node); }
void SimulatedLeg::look(const std::function<void(mock::Cluster&)>& question) {
  world_->network.with_cluster([&](mock::Cluster& cluster, TimePoint) { question(cluster); });
}

}  // namespace rookery::contract
