// mock_legs.cc
//
// On real threads, and simulated over seeds.
#include "simulations/contract/mock_legs.h"

#include <gtest/gtest.h>
#include <rookery/runtime/thread.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "mockbroker/transport/in_process_kafka.h"
#include "simulations/contract/mock_leg.h"
#include "simulations/contract/simulated_leg.h"
#include "simulations/scheduler/strategy.h"
#include "simulations/scheduler/tape.h"

namespace rookery::contract {
namespace {

std::uint64_t environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

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

// One run for each of a few seeds.
class SeededLeg final : public SimulatedLeg {
 public:
  SeededLeg(int nodes, std::uint64_t seeds) : SimulatedLeg(nodes), seeds_(seeds) {}
  void run(const std::function<void()>& body) override {
    const std::uint64_t only = environment("ROOKERY_CONTRACT_SEED", 0);
    const std::uint64_t last = only != 0 ? only : environment("ROOKERY_CONTRACT_SEEDS", seeds_);
    for (std::uint64_t seed = only != 0 ? only : 1; seed <= last && !::testing::Test::HasFailure();
         ++seed) {
      const std::uint64_t trace_hash = run_seed(seed, body);
      // A run is a function of its seed.
      if (seed > 1 || ::testing::Test::HasFailure()) continue;
      EXPECT_EQ(run_seed(seed, body), trace_hash) << "the second run of a seed took another way";
    }
  }

 private:
  // Answers the trace hash.
  std::uint64_t run_seed(std::uint64_t seed, const std::function<void()>& body) {
    sim::Tape tape = sim::Tape::from_seed(seed);
    sim::RandomStrategy strategy(tape);
    const sim::RunResult result = simulate({}, tape, strategy, body);
    if (result.failure) ADD_FAILURE() << result.failure->kind << ": " << result.failure->text;
    if (::testing::Test::HasFailure()) ADD_FAILURE() << "with ROOKERY_CONTRACT_SEED=" << seed;
    return result.trace_hash;
  }

  const std::uint64_t seeds_;
};

std::string suffix(int nodes) { return nodes == 1 ? "" : "_" + std::to_string(nodes) + "_nodes"; }

}  // namespace

LegFactory mock_simulated_leg(int nodes, std::uint64_t seeds) {
  return {.name = "mock_simulated" + suffix(nodes),
          .make = [nodes, seeds] { return std::make_unique<SeededLeg>(nodes, seeds); },
          .skips = {}};
}

LegFactory mock_threaded_leg(int nodes) {
  return {.name = "mock_threaded" + suffix(nodes),
          .make = [nodes] { return std::make_unique<ThreadedLeg>(nodes); },
          .skips = {}};
}

}  // namespace rookery::contract
