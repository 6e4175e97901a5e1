// group_campaign.cc
//
// A campaign with sums of its own.
#include "simulations/properties/group_campaign.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "simulations/explorer/test_replay.h"
#include "simulations/properties/group_life.h"

namespace rookery::sim {

std::string LivedThrough::faults_text() const {
  std::string text;
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    if (faults[i] == 0) continue;
    text += (text.empty() ? "" : ", ") + std::string(name(static_cast<FaultKind>(i))) + " " +
            std::to_string(faults[i]);
  }
  return text.empty() ? "none" : text;
}

LivedThrough live_through(StrategyKind kind, std::uint64_t first_seed, std::uint64_t seeds) {
  LivedThrough sums;
  CampaignInput input{.program = "group life"};
  input.options = {.seeds = seeds, .first_seed = first_seed, .threads = 1, .violations_most = 1};
  if (const char* more = std::getenv("ROOKERY_SEEDS")) {
    input.options.seeds = std::strtoull(more, nullptr, 10);
  }
  if (const char* only = std::getenv("ROOKERY_SEED")) {
    input.options.seeds = 1;
    input.options.first_seed = std::strtoull(only, nullptr, 10);
    input.trace = &std::cerr;
  }
  // Runs that are repeated or made smaller count, too: on this thread, one after the other.
  input.run = [&sums, run = group_life_with(kind)](RunTape& tape, const RunSettings& settings) {
    RunOutcome outcome = run(tape, settings);
    ++sums.runs;
    sums.rebalances += outcome.rebalances;
    sums.records += outcome.records;
    sums.steps += outcome.steps;
    sums.preemptions += outcome.size.preemptions;
    for (std::size_t i = 0; i < kFaultKinds; ++i) sums.faults[i] += outcome.faults[i];
    return outcome;
  };
  // The front door draws the strategy.
  const testing::Report report = run_in_test(
      std::move(input), kind == StrategyKind::kDrawn ? "./rookery simulate" : std::string());
  for (const testing::Violation& violation : report.violations) {
    const std::string story = violation.story();
    EXPECT_LE(std::count(story.begin(), story.end(), '\n'), 25);
    ADD_FAILURE() << name(kind) << ": " << story;
  }
  sums.is_replay = !replay_argument().empty() || !report.violations.empty();
  return sums;
}

}  // namespace rookery::sim
