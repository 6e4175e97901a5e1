// campaign.h
//
// Many seeds of one run function: runs them, on as many OS threads as told, and sums them up in the
// order of their seeds, so that the result does not depend on the threads.
//
// One run in twenty, and every failing one, is run twice: a run that is not the same twice is a
// violation itself. Then the first failure of each promise is made smaller (shrink.h).
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "simulations/faults/fault.h"
#include "simulations/world/report.h"
#include "simulations/world/run_function.h"
#include "simulations/world/world.h"

namespace rookery::sim {

struct CampaignInput {
  std::string program = "program";
  RunFunction run;
  testing::SimulateOptions options = {};
  // Those that may happen: each is counted, also when it never did.
  FaultSet faults = {};
  // Every event of every run; null: nobody. With one thread only.
  std::ostream* trace = nullptr;
  // What to type to see the run of a replay line again; empty: violations tell the line alone.
  std::function<std::vector<std::string>(const std::string& replay)> commands = {};
  // Called now and then on one of the threads, with what was done so far; may be empty.
  std::function<void(const testing::Report&)> on_progress = {};
};

inline constexpr std::uint64_t kCheckedTwiceOneIn = 20;

testing::Report run_campaign(const CampaignInput& input);

}  // namespace rookery::sim
