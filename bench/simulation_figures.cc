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

struct Rates {
  double seconds = 0;
  double runs_per_second = 0;
  double steps_per_second = 0;
};

Result<Rates> run_seeds(const Program& program, std::uint64_t seeds) {
  sim::StackPool stacks;
  std::uint64_t steps = 0;
  const TimePoint begin = now();
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    sim::RunTape tape({.seed = seed});
    const sim::RunOutcome outcome =
        sim::run_once({.world = program.world, .plan = program.plan, .app = program.app}, tape,
                      {.stacks = &stacks});
    if (outcome.broken) {
      return fail(ErrorCode::kState, "seed " + std::to_string(seed) + ": " +
                                         outcome.broken->promise + ": " + outcome.broken->text);
    }
    steps += outcome.steps;
  }
  const double seconds = std::chrono::duration<double>(now() - begin).count();
  return Rates{seconds, static_cast<double>(seeds) / seconds, static_cast<double>(steps) / seconds};
}

}  // namespace

void add_simulation_figures(Measurements& measurements) {
  const std::uint64_t seeds = measurements.settings().is_quick ? 1 : 20;
  const auto program = std::make_shared<const Program>();
  const auto add = [&](const char* name, const char* unit, double target, double Rates::*value) {
    measurements.add({.name = name,
                      .unit = unit,
                      .target = [target](double) { return target; },
                      .ours = [=]() -> Result<Turn> {
                        const Result<Rates> rates = run_seeds(*program, seeds);
                        if (!rates) return fail(rates.error());
                        return Turn{.seconds = rates->seconds, .value = (*rates).*value};
                      }});
  };
  add("simulation.steps", "steps/s", 2e6, &Rates::steps_per_second);
  add("simulation.runs", "runs/s", 20, &Rates::runs_per_second);
}

}  // namespace rookery::bench
