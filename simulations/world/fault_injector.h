// fault_injector.h
//
// Makes a run's faults happen, each at its time, and counts those that took effect.
//
// Thread rules: the world's main fiber.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "simulations/faults/fault.h"
#include "simulations/world/strike.h"

namespace rookery::sim {

class FaultInjector {
 public:
  // The zone outlives the injector.
  FaultInjector(StrikeZone& zone, const std::vector<Fault>& faults);

  // Returns when the last fault is over, but for those that only heal() ends.
  void run();
  // Everything is well again: network, nodes, processes, clocks. Dead and hanging servers start
  // anew; servers that came to help are asked to leave.
  void heal();

  // When nothing that came of them lasts any longer: clients were told to wait, or look for their
  // coordinator where it is not any more.
  TimePoint settled_at() const;

  std::array<std::uint64_t, kFaultKinds> counts() const;

 private:
  struct State {
    Fault fault;
    std::uint64_t note = 0;
    std::unique_ptr<Strike> strike;
    bool is_active = false;
    bool has_begun = false;
    TimePoint ended_at{};
  };

  void begin(State& state);
  void end(State& state);

  StrikeZone& zone_;
  std::vector<State> states_;
};

}  // namespace rookery::sim
