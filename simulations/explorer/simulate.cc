// simulate.cc
//
// A campaign from within a test: what the test prints when it fails, and how it replays that.
//
// A replay line comes as an argument of the test program, --replay=LINE, and then every
// simulate() of the cases that run does that one run: the command that is printed names the case.

#include <utility>

#include "simulations/explorer/campaign.h"
#include "simulations/explorer/test_replay.h"
#include "simulations/world/run.h"
#include "simulations/world/world.h"

namespace rookery::testing {

Report World::simulate(const std::function<App()>& app, const Plan& plan,
                       const SimulateOptions& options) const {
  sim::CampaignInput input{
      .program = app().options().client_id,
      .run = sim::run_function(
          {.world = *this, .plan = plan, .app = app, .are_dead_letters_kept = true}),
      .options = options,
      .faults = plan.options().faults};
  return sim::run_in_test(std::move(input));
}

}  // namespace rookery::testing
