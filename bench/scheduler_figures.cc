// scheduler_figures.cc
//
// Four fibers, each of which does nothing but offer the next one the turn; the tape decides.
#include "bench/scheduler_figures.h"

#include <rookery/runtime/choice_point.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <cstdint>
#include <vector>

#include "simulations/scheduler/scheduler.h"

namespace rookery::bench {
namespace {

constexpr int kFibers = 4;

Result<Turn> run_steps(std::uint64_t steps) {
  sim::Tape tape = sim::Tape::from_seed(1);
  sim::RandomStrategy strategy(tape);
  sim::Scheduler scheduler({.steps_most = 2 * steps, .steps_without_idle_most = 2 * steps}, tape,
                           strategy);
  const TimePoint begin = now();
  const sim::RunResult result = scheduler.run([steps] {
    std::vector<Thread> threads;
    for (int i = 0; i < kFibers; ++i) {
      threads.emplace_back("stepper", [steps] {
        for (std::uint64_t step = 0; step < steps / kFibers; ++step) choice_point("bench");
      });
    }
    for (Thread& thread : threads) thread.join();
  });
  const double seconds = std::chrono::duration<double>(now() - begin).count();
  if (result.failure) return fail(ErrorCode::kState, result.failure->text);
  return Turn{.seconds = seconds, .value = static_cast<double>(result.steps) / seconds};
}

}  // namespace

void add_scheduler_figures(Measurements& measurements) {
  const std::uint64_t steps = measurements.settings().is_quick ? 10'000 : 20'000'000;
  measurements.add({.name = "scheduler.steps",
                    .unit = "steps/s",
                    .target = [](double) { return 20e6; },
                    .ours = [steps] { return run_steps(steps); }});
}

}  // namespace rookery::bench
