// hunt.cc
//
// Seed after seed.
#include "simulations/mutants/hunt.h"

#include <rookery/runtime/mutant.h>

#include <stdexcept>
#include <string>

namespace rookery::sim {

static_assert(kHasMutants || all_mutants().empty(), "an ordinary build has no mutant");

Hunt hunt_mutant(std::string_view mutant, const RunFunction& run, const HuntOptions& options) {
  if (!switch_mutant_on(mutant)) {
    throw std::invalid_argument("there is no mutant '" + std::string(mutant) + "' in this binary");
  }
  Hunt hunt;
  StackPool stacks;
  for (std::uint64_t i = 0; i < options.seeds_most && hunt.finds < options.finds_most; ++i) {
    RunTape tape({.seed = options.first_seed + i});
    RunOutcome outcome = run(tape, {.stacks = &stacks});
    ++hunt.runs;
    if (!outcome.broken) continue;
    if (hunt.finds++ > 0) continue;
    hunt.seed = options.first_seed + i;
    hunt.broken = std::move(outcome.broken);
  }
  switch_mutant_on("");
  return hunt;
}

}  // namespace rookery::sim
