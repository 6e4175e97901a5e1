// sweep_test.cc
//
// A small plan of the archive program, struck at every one of its steps: a server is asked to stop,
// a partition is taken away by a newcomer, a process dies. Whatever was going on at that moment,
// nothing is lost, marked, committed or dispatched that must not be, and all of it ends.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <ostream>
#include <string>

#include "examples/archive/archive_app.h"
#include "examples/archive/simulation.h"
#include "simulations/world/run.h"

namespace archive {
namespace {

using rookery::sim::Fault;
using rookery::sim::FaultKind;
using rookery::sim::RunInput;
using rookery::sim::RunOutcome;
using rookery::sim::RunTape;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Sweep {
  std::string name;
  Fault fault;
};

void PrintTo(const Sweep& sweep, std::ostream* out) { *out << sweep.name; }

// By which the steps go up: all of them would take minutes without optimisation.
constexpr std::uint64_t kStride =
#if defined(__OPTIMIZE__)
    1;
#else
    3;
#endif

// The first whose plan has something to dispatch and is short: a seed's schedule, and with it the
// plan, is another whenever the framework does something at another moment.
std::uint64_t seed_of_a_small_plan(const rookery::sim::RunInput& input) {
  constexpr std::uint64_t kSeedsMost = 200;
  constexpr std::uint64_t kStepsMost = 15'000;
  rookery::sim::StackPool stacks;
  for (std::uint64_t seed = 1; seed <= kSeedsMost; ++seed) {
    RunTape tape({.seed = seed});
    const RunOutcome outcome = rookery::sim::run_once(input, tape, {.stacks = &stacks});
    if (!outcome.broken && outcome.rejected >= 2 && outcome.steps <= kStepsMost) return seed;
  }
  ADD_FAILURE() << "none of " << kSeedsMost << " plans has something to dispatch and is short";
  return 1;
}

class Sweeps : public ::testing::TestWithParam<Sweep> {};

INSTANTIATE_TEST_SUITE_P(
    All, Sweeps,
    ::testing::Values(Sweep{"Stop", {.kind = FaultKind::kScaleDown, .duration = seconds(4)}},
                      Sweep{"Revocation", {.kind = FaultKind::kScaleUp, .duration = seconds(6)}},
                      Sweep{"Death", {.kind = FaultKind::kProcessRestart, .duration = seconds(1)}}),
    [](const ::testing::TestParamInfo<Sweep>& tested) { return tested.param.name; });

TEST_P(Sweeps, AtEveryStep) {
  const rookery::testing::World world = simulated_world();
  const rookery::testing::Plan plan =
      simulated_plan({.servers = 1, .load = milliseconds(300)}, /*records=*/12);
  const std::function<rookery::App()> app = archive_app;
  const std::size_t kind = static_cast<std::size_t>(GetParam().fault.kind);
  const std::uint64_t seed = seed_of_a_small_plan({.world = world, .plan = plan, .app = app});
  rookery::sim::StackPool stacks;
  std::uint64_t struck = 0, effective = 0, rejected = 0, rebalances = 0;
  for (std::uint64_t step = 1;; step += kStride) {
    RunTape tape({.seed = seed});
    const RunOutcome outcome = rookery::sim::run_once(
        {.world = world, .plan = plan, .app = app, .at_step = {{GetParam().fault, step}}}, tape,
        {.stacks = &stacks});
    ASSERT_FALSE(outcome.broken) << "struck at step " << step << ": " << outcome.broken->promise
                                 << "\n"
                                 << outcome.broken->text;
    if (!outcome.is_struck) break;
    ++struck;
    effective += outcome.faults[kind];
    rejected += outcome.rejected;
    rebalances += outcome.rebalances;
  }
  std::printf(
      "seed %llu, struck at %llu steps, %llu with effect: %llu rejected records, %llu rebalances\n",
      static_cast<unsigned long long>(seed), static_cast<unsigned long long>(struck),
      static_cast<unsigned long long>(effective), static_cast<unsigned long long>(rejected),
      static_cast<unsigned long long>(rebalances));
  EXPECT_GT(struck, 500U);
  EXPECT_GT(effective * 2, struck);
  EXPECT_GT(rejected * 2, struck) << "the plan has nothing to dispatch";
}

}  // namespace
}  // namespace archive
