// run_function.cc
//
// Between a run's settings and outcome and those of its scheduler.

#include "simulations/world/run_function.h"

namespace rookery::sim {

SchedulerOptions scheduler_options(const RunSettings& settings) {
  SchedulerOptions options;
  options.stack_pool = settings.stacks;
  options.steps_most = settings.steps_most;
  options.are_stacks_reported = settings.is_text_wanted;
  return options;
}

RunOutcome outcome_of(const RunResult& result) {
  RunOutcome outcome;
  outcome.trace_hash = result.trace_hash;
  outcome.steps = result.steps;
  outcome.virtual_elapsed = result.virtual_elapsed;
  outcome.size.preemptions = result.preemptions;
  if (result.failure) outcome.broken = BrokenPromise{result.failure->kind, result.failure->text};
  return outcome;
}

}  // namespace rookery::sim
