// mock_legs.cc
//
// One node, set up as tools/kafka.sh sets up the real one.
#include "simulations/contract/mock_legs.h"

#include <gtest/gtest.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "mockbroker/cluster/cluster.h"
#include "mockbroker/transport/in_process_kafka.h"
#include "mockbroker/transport/mock_transport.h"
#include "simulations/network/simulated_network.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategy.h"
#include "simulations/scheduler/tape.h"

namespace rookery::contract {
namespace {

using std::chrono::milliseconds;

constexpr NodeId kNode = 0;
// How long a restarted broker is away.
constexpr milliseconds kAway{500};

mock::ClusterOptions cluster_options() {
  return {.nodes = 1,
          .message_max_bytes = std::size_t{4} << 20,
          .group_min_session_timeout = mock::Milliseconds(1'000)};
}

std::uint64_t environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

class MockLeg : public Leg {
 public:
  std::string fresh_name(const std::string& what) override {
    return what + "-" + std::to_string(++names_);
  }

 protected:
  static ConfigMap common(ConfigMap over) {
    over.insert({"client.id", "contract"});
    return over;
  }
  int names_ = 0;
};

class ThreadedLeg final : public MockLeg {
 public:
  void run(const std::function<void()>& body) override { body(); }
  std::unique_ptr<Transport> make_transport(ConfigMap over) override {
    return kafka_.make_transport(common(std::move(over)));
  }
  void append_gap(const TopicPartition& partition) override {
    kafka_.with_cluster([&](mock::Cluster& cluster, TimePoint at, WallTime wall) {
      const auto marker = cluster.append_marker(at, wall, partition);
      EXPECT_TRUE(marker) << marker.error().text();
    });
  }
  void restart_broker() override {
    EXPECT_TRUE(kafka_.stop_node(kNode, mock::StopMode::kControlled));
    sleep_until(deadline_in(kAway));
    EXPECT_TRUE(kafka_.start_node(kNode));
  }
  void stop_answering() override { kafka_.hold_answers(kNode); }
  void answer_again() override { kafka_.release_answers(kNode); }
  std::optional<std::size_t> resident_bytes() override {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  }

 private:
  mock::InProcessKafka kafka_{cluster_options()};
};

class SimulatedLeg final : public MockLeg {
 public:
  void run(const std::function<void()>& body) override {
    const std::uint64_t only = environment("ROOKERY_CONTRACT_SEED", 0);
    const std::uint64_t last = only != 0 ? only : environment("ROOKERY_CONTRACT_SEEDS", 3);
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
  void append_gap(const TopicPartition& partition) override {
    world_->network.with_cluster([&](mock::Cluster& cluster, TimePoint at) {
      const auto marker =
          cluster.append_marker(at, sim::Scheduler::current()->wall_time(), partition);
      EXPECT_TRUE(marker) << marker.error().text();
    });
  }
  void restart_broker() override {
    world_->network.stop_node(kNode, mock::StopMode::kControlled);
    sleep_until(deadline_in(kAway));
    world_->network.start_node(kNode);
  }
  // Same code as on threads, which measure it; asking the system here would not repeat.
  std::optional<std::size_t> resident_bytes() override { return std::nullopt; }
  void stop_answering() override { world_->network.block(answers()); }
  void answer_again() override {
    if (world_) world_->network.unblock(answers());
  }

 private:
  struct World {
    mock::Cluster cluster{cluster_options()};
    sim::SimulatedNetwork network{cluster, 1};
  };

  static sim::Link answers() {
    return {.process = sim::Scheduler::current()->current_process(),
            .node = kNode,
            .direction = sim::Direction::kFromNode};
  }

  // Answers the trace hash.
  std::uint64_t simulate(std::uint64_t seed, const std::function<void()>& body) {
    sim::Tape tape = sim::Tape::from_seed(seed);
    sim::RandomStrategy strategy(tape);
    sim::Scheduler scheduler({}, tape, strategy);
    names_ = 0;
    const sim::RunResult result = scheduler.run([&] {
      world_ = std::make_unique<World>();
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
      static_cast<void>(world_.release());  // fibers that were abandoned stand on it
    }
    if (::testing::Test::HasFailure()) ADD_FAILURE() << "with ROOKERY_CONTRACT_SEED=" << seed;
    return result.trace_hash;
  }

  std::unique_ptr<World> world_;
};

}  // namespace

LegFactory mock_simulated_leg() {
  return {.name = "mock_simulated",
          .make = [] { return std::make_unique<SimulatedLeg>(); },
          .skips = {}};
}

LegFactory mock_threaded_leg() {
  return {
      .name = "mock_threaded", .make = [] { return std::make_unique<ThreadedLeg>(); }, .skips = {}};
}

}  // namespace rookery::contract
