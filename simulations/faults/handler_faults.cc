// handler_faults.cc
//
// Strikes, decided before anything waits: the list of faults may change meanwhile.

#include "simulations/faults/handler_faults.h"

#include <rookery/runtime/generator.h>
#include <rookery/runtime/time.h>

#include <optional>

namespace rookery::sim {
namespace {

// Longer than any run waits for anything. A hanging handler ends with its process.
constexpr Duration kHangs = std::chrono::hours(24);

}  // namespace

void HandlerFaults::begin(std::size_t index, const Fault& fault, ProcessIndex process) {
  const Uninterrupted scope;
  active_[index] = Active{fault, process, {}};
}

void HandlerFaults::end(std::size_t index) {
  const Uninterrupted scope;
  active_.erase(index);
}

void HandlerFaults::end_all() {
  const Uninterrupted scope;
  active_.clear();
}

bool HandlerFaults::is_effective(std::size_t index) const {
  const Uninterrupted scope;
  return effective_.contains(index);
}

bool HandlerFaults::is_hanging(ProcessIndex process) const {
  const Uninterrupted scope;
  return hanging_.contains(process);
}

bool HandlerFaults::is_struck(const Active& active, const RunView& run) {
  const auto place = static_cast<std::uint64_t>(run.offset) * 64 +
                     static_cast<std::uint64_t>(run.topic_partition.partition);
  const auto moment = static_cast<std::uint64_t>(active.fault.at.count());
  return active.fault.severity != 0 && scramble(place ^ moment) % active.fault.severity == 0;
}

void HandlerFaults::strike(const RunView& run, RunMoment moment) {
  std::optional<std::uint64_t> throws_at;
  Duration sleeps{0};
  {
    const Uninterrupted scope;
    if (active_.empty() || run.process == kNone) return;
    for (auto& [index, active] : active_) {
      const Fault& fault = active.fault;
      switch (fault.kind) {
        case FaultKind::kThrowingHandler: {
          const RunMoment when = fault.extent % 2 == 1 ? RunMoment::kAfter : RunMoment::kBefore;
          if (when != moment || !is_struck(active, run)) break;
          if (static_cast<std::uint64_t>(run.attempt) > run.retries_most) break;
          std::uint64_t& times = active.struck[{run.topic_partition, run.offset}];
          if (times >= fault.extent) break;
          throws_at = ++times;
          effective_.insert(index);
          break;
        }
        case FaultKind::kSlowHandler:
          if (moment != RunMoment::kBefore || !is_struck(active, run)) break;
          if (active.struck[{run.topic_partition, run.offset}]++ != 0) break;
          sleeps += std::chrono::milliseconds(fault.extent);
          effective_.insert(index);
          break;
        case FaultKind::kHangingHandler:
          if (moment != RunMoment::kBefore || run.process != active.process) break;
          if (!active.struck.empty()) break;
          active.struck[{run.topic_partition, run.offset}] = 1;
          hanging_.insert(run.process);
          effective_.insert(index);
          sleeps += kHangs;
          break;
        default:
          break;
      }
    }
  }
  if (sleeps > Duration::zero()) sleep_until(deadline_in(sleeps));
  if (throws_at) {
    throw InjectedFailure("injected failure " + std::to_string(*throws_at) + " of " +
                          run.topic_partition.text() + " @" + std::to_string(run.offset));
  }
}

}  // namespace rookery::sim
