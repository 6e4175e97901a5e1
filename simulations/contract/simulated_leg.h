// simulated_leg.h
//
// The leg on the in-process Kafka that is simulated, one run at a time, for who has tapes and a
// strategy of his own.
//
//   SimulatedLeg leg(/*nodes=*/3);
//   const sim::RunResult result = leg.simulate({}, tape.world, *strategy, [&] { ... });
//
// The contract suite's own goes over seeds (mock_legs.h).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "simulations/contract/mock_leg.h"
#include "simulations/network/simulated_network.h"
#include "simulations/scheduler/scheduler.h"

namespace rookery::contract {

class SimulatedLeg : public MockLeg {
 public:
  explicit SimulatedLeg(int nodes);
  ~SimulatedLeg() override;

  // Runs the body as a process of its own, with a new cluster behind the network. May be repeated;
  // what a run that failed stood on is left behind.
  sim::RunResult simulate(const sim::SchedulerOptions& options, sim::Tape& tape,
                          sim::Strategy& strategy, const std::function<void()>& body);

  std::unique_ptr<Transport> make_transport(ConfigMap over) override;
  std::unique_ptr<OtherMember> start_member(const OtherMemberSettings& settings) override;
  void append_gap(const TopicPartition& partition) override;
  // Same code as on threads, which measure it; asking the system here would not repeat.
  std::optional<std::size_t> resident_bytes() override { return std::nullopt; }
  void stop_answering() override;
  void answer_again() override;

 private:
  struct World;

  void stop(NodeId node, mock::StopMode mode) override;
  void start(NodeId node) override;
  void look(const std::function<void(mock::Cluster&)>& question) override;

  std::unique_ptr<World> world_;
};

}  // namespace rookery::contract
