// simulation_figures.cc
//
// The same seeds in each turn: the same work.
#include "bench/simulation_figures.h"

#include <rookery/runtime/time.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "examples/archive/archive_app.h"
#include "examples/archive/simulation.h"
#include "simulations/scheduler/stack_pool.h"
#include "simulations/world/run.h"

namespace rookery::bench {
namespace {

struct Program {
  std::function<App()> app = archive::archive_app;
  testing::World world = archive::simulated_world();
  testing::Plan plan = archive::simulated_plan();
};

Result<Turn> run_seeds(const Program& program, std::uint64_t seeds) {
  sim::StackPool stacks;
  std::uint64_t steps = 0;
  const TimePoint begin = now();
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const sim::RunOutcome outcome = sim::run_once({.world = program.world,
                                                   .plan = program.plan,
                                                   .app = program.app,
                                                   .seed = seed,
                                                   .stacks = &stacks});
    if (outcome.broken) {
      return fail(ErrorCode::kState, "seed " + std::to_string(seed) + ": " +
                                         outcome.broken->promise + ": " + outcome.broken->text);
    }
    steps += outcome.steps;
  }
  const double seconds = std::chrono::duration<double>(now() - begin).count();
  return Turn{.seconds = seconds, .value = static_cast<double>(steps) / seconds};
}

}  // namespace

void add_simulation_figures(Measurements& measurements) {
  const std::uint64_t seeds = measurements.settings().is_quick ? 1 : 20;
  const auto program = std::make_shared<const Program>();
  measurements.add({.name = "simulation.steps",
                    .unit = "steps/s",
                    .target = [](double) { return 2e6; },
                    .ours = [=] { return run_seeds(*program, seeds); }});
}

}  // namespace rookery::bench
