// stop_life.cc
//
// One scene on a simulated leg of three nodes.
#include "simulations/stop/stop_life.h"

#include <rookery/base/duration.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "simulations/contract/simulated_leg.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategies.h"

namespace rookery::stopping {
namespace {

using namespace std::chrono_literals;

constexpr int kNodes = 3;
// Beyond the bound: the clients beside the server, and the questions afterwards.
constexpr Duration kEndMost = kBound + 10s;

// Of a run.
class StopLife final : public contract::SimulatedLeg {
 public:
  explicit StopLife(const StopCase& stop_case) : SimulatedLeg(kNodes), case_(stop_case) {}
  // The run is simulate()'s.
  void run(const std::function<void()>& body) override { body(); }

  // In the program's process.
  void live();

  Ended ended;
  bool is_over = false;

 private:
  [[noreturn]] void break_promise(const std::string& promise, const std::string& what) const;

  const StopCase case_;
};

void StopLife::break_promise(const std::string& promise, const std::string& what) const {
  sim::Scheduler::current()->fail(
      promise, std::string(name(case_.from)) + " during " + name(case_.during) + ": " + what);
}

void StopLife::live() {
  Scene scene(*this, case_.from, case_.during);
  if (const Status begun = scene.begin(); !begun) {
    break_promise("a scene begins", begun.error().text());
  }
  strike(*this, case_.during);
  {
    const Watchdog watchdog(std::string(name(case_.from)) + " during " + name(case_.during),
                            kEndMost);
    ended = scene.end();
  }
  const Judging judging = {.from = case_.from, .during = case_.during, .is_time_virtual = true};
  std::string wrong;
  for (const std::string& one : wrongs(ended, judging)) wrong += (wrong.empty() ? "" : "; ") + one;
  if (!wrong.empty()) break_promise("stop ends in order", wrong);
  if (!answers(*this, case_.during)) {
    break_promise("a scene begins", "brokers answer, or do not, as they should not");
  }
  is_over = true;
}

sim::RunOutcome live(const StopCase& stop_case, sim::RunTape& tape,
                     const sim::RunSettings& settings, StopFigures* figures) {
  const std::unique_ptr<sim::Strategy> strategy =
      sim::make_strategy(stop_case.strategy, tape.plan, tape.schedule);
  StopLife life(stop_case);
  sim::RunOutcome outcome = sim::outcome_of(life.simulate(
      sim::scheduler_options(settings), tape.world, *strategy, [&life] { life.live(); }));
  outcome.size.members = 1;
  if (figures == nullptr || !life.is_over) return outcome;
  ++figures->runs;
  figures->lasted += life.ended.lasted ? 1 : 0;
  figures->forced += life.ended.code == ExitCode::kForced ? 1 : 0;
  figures->longest = std::max(figures->longest, life.ended.taken);
  return outcome;
}

}  // namespace

sim::RunFunction stop_life_of(const StopCase& stop_case, StopFigures& figures) {
  return [stop_case, &figures](sim::RunTape& tape, const sim::RunSettings& settings) {
    return live(stop_case, tape, settings, &figures);
  };
}

sim::RunFunction stop_life_with(sim::StrategyKind strategy) {
  return [strategy](sim::RunTape& tape, const sim::RunSettings& settings) {
    StopCase drawn{.strategy = strategy};
    drawn.from = kSimulatedCallers[tape.plan.draw(kSimulatedCallers.size())];
    drawn.during = kSituations[tape.plan.draw(kSituations.size())];
    return live(drawn, tape, settings, nullptr);
  };
}

sim::RunOutcome stop_life(sim::RunTape& tape, const sim::RunSettings& settings) {
  return stop_life_with(sim::StrategyKind::kDrawn)(tape, settings);
}

}  // namespace rookery::stopping
