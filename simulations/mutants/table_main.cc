// table_main.cc
//
// The mean number of runs until each mutant is found, per strategy, and how many enumerated
// schedules it takes, where schedules are enumerated: `bazel run -c opt //simulations/mutants:table
// -- [FINDS] [RUNS AT MOST] [PART OF A NAME OR A MARK] [FIRST SEED]`.
#include <rookery/runtime/mutant.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "simulations/mutants/hunt.h"
#include "simulations/properties/group_life.h"
#include "simulations/properties/group_schedules.h"
#include "simulations/scheduler/strategies.h"
#include "simulations/stop/stop_life.h"

namespace rookery::sim {
namespace {

constexpr StrategyKind kColumns[] = {StrategyKind::kDrawn,          StrategyKind::kRandom,
                                     StrategyKind::kSticky,         StrategyKind::kPct,
                                     StrategyKind::kStarvation,     StrategyKind::kPos,
                                     StrategyKind::kRunUntilBlocked};

constexpr std::uint64_t kSchedulesMost = 20'000;

void add_promise(std::string& promises, const std::string& promise) {
  if (promises.find(promise) == std::string::npos) {
    promises += (promises.empty() ? "" : ", ") + promise;
  }
}

std::string cell(const Hunt& hunt) {
  if (hunt.finds == 0) return "> " + std::to_string(hunt.runs);
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", hunt.mean_runs());
  return text;
}

// Of group life made small: how many schedules it takes, one after the other.
std::string enumerated_cell(std::string_view mutant, std::uint64_t schedules_most,
                            std::string& promises) {
  switch_mutant_on(mutant);
  const ScheduleSearch search = search_schedules({.schedules_most = schedules_most});
  switch_mutant_on("");
  if (!search.broken) return "> " + std::to_string(search.schedules);
  add_promise(promises, search.broken->promise);
  return std::to_string(search.schedules) + " (" + std::to_string(search.preemptions) + ")";
}

int print_table(const HuntOptions& options, const std::string& part) {
  std::printf("| mutant |");
  for (const StrategyKind kind : kColumns) std::printf(" %s |", name(kind));
  std::printf(" enumerated | found by |\n|---|");
  for (std::size_t i = 0; i < std::size(kColumns) + 1; ++i) std::printf("---:|");
  std::printf("---|\n");
  for (const MutantEntry& mutant : all_mutants()) {
    const bool is_asked_for = mutant.name.find(part) != std::string_view::npos ||
                              mutant.mark.find(part) != std::string_view::npos;
    // All but those of the client and of stopping need a program.
    const bool needs_program =
        std::string_view("DRS").find(mutant.mark.front()) == std::string_view::npos;
    if (!is_asked_for || needs_program) continue;
    std::printf("| %s %s |", std::string(mutant.mark).c_str(), std::string(mutant.name).c_str());
    std::string promises;
    const bool is_of_stop = mutant.mark.starts_with('S');
    for (const StrategyKind kind : kColumns) {
      const RunFunction run = is_of_stop ? stopping::stop_life_with(kind) : group_life_with(kind);
      const Hunt hunt = hunt_mutant(mutant.name, run, options);
      std::printf(" %s |", cell(hunt).c_str());
      std::fflush(stdout);
      if (hunt.broken) add_promise(promises, hunt.broken->promise);
    }
    std::printf(" %s |",
                is_of_stop ? "-" : enumerated_cell(mutant.name, kSchedulesMost, promises).c_str());
    std::printf(" %s |\n", promises.c_str());
  }
  return 0;
}

}  // namespace
}  // namespace rookery::sim

int main(int argc, char** argv) {
  rookery::sim::HuntOptions options;
  options.finds_most = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20;
  options.seeds_most = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 3'000;
  options.first_seed = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 1;
  return rookery::sim::print_table(options, argc > 3 ? argv[3] : "");
}
