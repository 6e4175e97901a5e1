// run_function.cc
//
// Between a run's settings and outcome and those of its scheduler.

#include "simulations/world/run_function.h"

#include <algorithm>

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
  if (!result.failure) return outcome;
  const std::string& text = result.failure->text;
  // The stacks of a deadlock come last.
  const std::size_t end = std::min(text.find("\n  stack of "), text.size());
  outcome.broken = BrokenPromise{
      .promise = result.failure->kind, .text = text.substr(0, end), .details = text.substr(end)};
  return outcome;
}

}  // namespace rookery::sim
