// mock_stop_test.cc
//
// Servers that are stopped on the in-process Kafka, simulated: each caller in the middle of each
// situation, under each strategy, over seeds.
//
// ROOKERY_SEED=N: only that one; ROOKERY_SEEDS=N: so many of each.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <tuple>
#include <utility>

#include "simulations/scheduler/strategies.h"
#include "simulations/stop/stop_life.h"

namespace rookery::stopping {
namespace {

using sim::StrategyKind;

// Without pre-emption only the network's dice differ from seed to seed.
constexpr std::pair<StrategyKind, std::uint64_t> kStrategies[] = {
    {StrategyKind::kRandom, 60},     {StrategyKind::kSticky, 30},
    {StrategyKind::kPct, 30},        {StrategyKind::kPos, 30},
    {StrategyKind::kStarvation, 30}, {StrategyKind::kRunUntilBlocked, 10}};

class MockStop : public ::testing::TestWithParam<std::tuple<From, During>> {};

std::uint64_t environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

StopFigures stop(const StopCase& stop_case, std::uint64_t seeds) {
  const std::uint64_t only = environment("ROOKERY_SEED", 0);
  const std::uint64_t last = only != 0 ? only : environment("ROOKERY_SEEDS", seeds);
  StopFigures figures;
  const sim::RunFunction run = stop_life_of(stop_case, figures);
  sim::StackPool stacks;
  for (std::uint64_t seed = only != 0 ? only : 1; seed <= last; ++seed) {
    sim::RunTape tape({.seed = seed});
    const sim::RunOutcome outcome = run(tape, {.stacks = &stacks});
    if (outcome.broken) {
      ADD_FAILURE() << "with ROOKERY_SEED=" << seed << ", " << sim::name(stop_case.strategy) << ": "
                    << outcome.broken->promise << ": " << outcome.broken->text
                    << outcome.broken->details;
      break;
    }
    if (seed > 1 && only == 0) continue;
    // A run is a function of its tape.
    sim::RunTape again({.seed = seed});
    StopFigures unused;
    EXPECT_EQ(stop_life_of(stop_case, unused)(again, {}).trace_hash, outcome.trace_hash);
  }
  return figures;
}

TEST_P(MockStop, ItEnds) {
  const auto& [from, during] = GetParam();
  for (const auto& [strategy, seeds] : kStrategies) {
    const StopFigures figures = stop({.from = from, .during = during, .strategy = strategy}, seeds);
    std::cout << "explored " << name(from) << " during " << name(during) << ", "
              << sim::name(strategy) << ": " << figures.runs << " stopped, " << figures.lasted
              << " in the middle of it, " << figures.forced << " forced, longest "
              << std::chrono::ceil<std::chrono::milliseconds>(figures.longest).count() << " ms\n";
    if (HasFailure()) return;
    EXPECT_GT(figures.lasted, 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(Simulated, MockStop,
                         ::testing::Combine(::testing::ValuesIn(kSimulatedCallers),
                                            ::testing::ValuesIn(kSituations)),
                         [](const auto& made) {
                           return std::string(name(std::get<0>(made.param))) + "During" +
                                  name(std::get<1>(made.param));
                         });

}  // namespace
}  // namespace rookery::stopping
