// run_function.h
//
// A run as campaigns, replay and shrinking see it: tapes in, an outcome out.
//
// A RunFunction is a function of its tapes and nothing else: the same draws give the same outcome,
// trace hash included, whatever ran before and on whichever OS thread. It is called off the fibers,
// on several OS threads at the same time.
//
//   RunOutcome group_life(RunTape& tape, const RunSettings& settings) {
//     const RunSize planned = {.members = 1 + tape.plan.at_most(tape.plan.draw(4)), ...};
//     StickyRandomStrategy strategy(tape.schedule, 16);
//     Scheduler scheduler(scheduler_options(settings), tape.world, strategy);
//     const RunResult result = scheduler.run([&] { ... });
//     RunOutcome outcome = outcome_of(result);   // promise, hash, steps, pre-emptions
//     outcome.size.members = planned.members;
//     return outcome;
//   }
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "simulations/faults/fault.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/world/report.h"
#include "simulations/world/run_tape.h"

namespace rookery::sim {

struct RunSettings {
  // Told every event as it happens; null: nobody.
  std::ostream* trace = nullptr;
  // Null: the run has stacks of its own.
  StackPool* stacks = nullptr;
  // A run that takes more is a "livelock". Shrinking sets it, so that no try takes for ever.
  std::uint64_t steps_most = SchedulerOptions().steps_most;
  // Without, only the broken promise matters: no stacks, no timeline.
  bool is_text_wanted = true;
};

using testing::RunSize;

// All texts without a newline at their end.
struct BrokenPromise {
  std::string promise;  // "no loss", "deadlock": shrinking keeps it
  std::string text;     // what happened, naming record and offset; the first line is the headline
  // The last events that matter, oldest first, as History::timeline writes them.
  std::vector<std::string> timeline = {};
  // The faults at work at that moment: "broker_restart of node 2 for 3.5 s, since 2.250 s".
  std::vector<std::string> faults = {};
  // What fills pages, such as stacks: told with --trace only.
  std::string details = {};
};

struct RunOutcome {
  std::optional<BrokenPromise> broken;
  std::uint64_t trace_hash = 0;
  std::uint64_t steps = 0;
  Duration virtual_elapsed{0};
  RunSize size;
  std::uint64_t records = 0;  // acknowledged to the producer
  std::uint64_t rebalances = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;
  std::array<std::uint64_t, kFaultKinds> faults{};  // by kind, those that took effect
  std::uint64_t outputs = 0;                        // acknowledged outputs of user code
  bool is_struck = false;                           // RunInput::at_step was reached
  // Of a run that broke nothing, where it was asked for.
  std::shared_ptr<const testing::DeadLetterBook> dead_letters = {};

  std::uint64_t faults_in_all() const {
    std::uint64_t all = 0;
    for (std::uint64_t count : faults) all += count;
    return all;
  }
};

using RunFunction = std::function<RunOutcome(RunTape& tape, const RunSettings& settings)>;

// The scheduler's part of the settings.
SchedulerOptions scheduler_options(const RunSettings& settings);
// The scheduler's part of the outcome.
RunOutcome outcome_of(const RunResult& result);

}  // namespace rookery::sim
