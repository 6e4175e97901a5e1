// campaign.cc
//
// Seeds are handed out in order; what comes back waits until all before it are there.

#include "simulations/explorer/campaign.h"

#include <rookery/runtime/generator.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "simulations/explorer/replay_line.h"
#include "simulations/world/run.h"

namespace rookery::sim {
namespace {

constexpr Duration kProgressEvery = std::chrono::milliseconds(100);

testing::Violation violation_of(std::uint64_t seed, const RunOutcome& outcome) {
  testing::Violation violation;
  violation.seed = seed;
  violation.promise = outcome.broken->promise;
  violation.text = outcome.broken->text;
  if (!violation.text.ends_with('\n')) violation.text += '\n';
  violation.replay = text(ReplayLine{seed, outcome.trace_hash});
  return violation;
}

std::uint64_t median(std::vector<std::uint64_t> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

class Campaign {
 public:
  explicit Campaign(const CampaignInput& input) : input_(input) { report_.program = input.program; }

  testing::Report run();

 private:
  // What one seed came to.
  struct Finished {
    RunOutcome outcome;
    std::optional<testing::Violation> violation;
  };

  void work();
  std::optional<std::uint64_t> next_seed();
  RunOutcome run_source(const RunSource& source, const RunSettings& settings) const {
    RunTape tape(source);
    return input_.run(tape, settings);
  }
  Finished run_seed(std::uint64_t seed, StackPool& stacks) const;
  void take(std::uint64_t seed, Finished finished);
  void add(const Finished& finished);

  const CampaignInput& input_;
  const TimePoint start_ = now();
  std::uint64_t first_seed_ = 0;
  std::uint64_t seeds_ = 0;
  std::optional<std::uint64_t> expected_hash_;  // of a replay
  Mutex mutex_{"campaign", ranks::kApp};
  // Guarded by mutex_.
  std::uint64_t handed_out_ = 0;
  bool is_over_ = false;
  std::map<std::uint64_t, Finished> waiting_;
  std::uint64_t next_to_add_ = 0;
  TimePoint told_at_{};
  std::vector<std::uint64_t> faults_by_run_;
  std::vector<std::uint64_t> rebalances_by_run_;
  testing::Report report_;
};

std::optional<std::uint64_t> Campaign::next_seed() {
  const TimePoint at = now();
  MutexLock lock(mutex_);
  const Duration most = input_.options.wall_time_most;
  if (most > Duration::zero() && at - start_ > most) is_over_ = true;
  if (is_over_ || handed_out_ == seeds_) return std::nullopt;
  return first_seed_ + handed_out_++;
}

Campaign::Finished Campaign::run_seed(std::uint64_t seed, StackPool& stacks) const {
  RunSettings settings{.trace = input_.trace, .stacks = &stacks};
  Finished finished;
  finished.outcome = run_source({seed}, settings);
  const RunOutcome& outcome = finished.outcome;
  if (outcome.broken) finished.violation = violation_of(seed, outcome);
  if (!outcome.broken && seed % kCheckedTwiceOneIn != 0) return finished;
  settings.trace = nullptr;
  const RunOutcome again = run_source({seed}, settings);
  if (again.trace_hash == outcome.trace_hash) return finished;
  testing::Violation violation;
  violation.seed = seed;
  violation.promise = "not deterministic";
  violation.text = "the seed ran twice with trace hashes " +
                   testing::hash_text(outcome.trace_hash) + " and " +
                   testing::hash_text(again.trace_hash) + "\n";
  if (outcome.broken) {
    violation.text += "the first run: " + outcome.broken->promise + ": " + outcome.broken->text;
  }
  violation.replay = text(ReplayLine{seed, outcome.trace_hash});
  finished.violation = std::move(violation);
  return finished;
}

void Campaign::add(const Finished& finished) {
  const RunOutcome& outcome = finished.outcome;
  ++report_.runs;
  report_.virtual_elapsed += outcome.virtual_elapsed;
  report_.steps += outcome.steps;
  report_.records += outcome.records;
  report_.rebalances += outcome.rebalances;
  report_.duplicates += outcome.duplicates;
  report_.rejected += outcome.rejected;
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    if (outcome.faults[i] == 0) continue;
    report_.faults[name(static_cast<FaultKind>(i))] += outcome.faults[i];
  }
  faults_by_run_.push_back(outcome.faults_in_all());
  rebalances_by_run_.push_back(outcome.rebalances);
  report_.trace_hash = scramble(report_.trace_hash ^ outcome.trace_hash);
  if (finished.violation) report_.violations.push_back(*finished.violation);
}

void Campaign::take(std::uint64_t seed, Finished finished) {
  const TimePoint at = now();
  MutexLock lock(mutex_);
  waiting_.emplace(seed, std::move(finished));
  for (auto next = waiting_.find(next_to_add_); next != waiting_.end();
       next = waiting_.find(next_to_add_)) {
    // What lies beyond the campaign's end was run by another thread for nothing.
    if (report_.violations.size() < input_.options.violations_most) add(next->second);
    waiting_.erase(next);
    ++next_to_add_;
  }
  if (report_.violations.size() >= input_.options.violations_most) is_over_ = true;
  if (input_.on_progress && at - told_at_ >= kProgressEvery) {
    told_at_ = at;
    report_.wall_elapsed = at - start_;
    input_.on_progress(report_);
  }
}

void Campaign::work() {
  StackPool stacks;
  while (const std::optional<std::uint64_t> seed = next_seed()) {
    take(*seed, run_seed(*seed, stacks));
  }
}

testing::Report Campaign::run() {
  first_seed_ = input_.options.first_seed;
  seeds_ = input_.options.seeds;
  if (!input_.options.replay.empty()) {
    const Result<ReplayLine> line = parse_replay_line(input_.options.replay);
    if (!line) {
      report_.violations.push_back(
          {.promise = "the replay line can be read", .text = line.error().message + "\n"});
      return report_;
    }
    first_seed_ = line->seed;
    seeds_ = 1;
    expected_hash_ = line->trace_hash;
  }
  report_.seeds = seeds_;
  next_to_add_ = first_seed_;

  std::uint64_t threads = input_.options.threads;
  if (threads == 0) threads = hardware_concurrency();
  threads = input_.trace != nullptr ? 1 : std::min(threads, seeds_);
  std::vector<Thread> others;
  for (std::uint64_t i = 1; i < threads; ++i) {
    others.emplace_back("campaign-" + std::to_string(i), [this] { work(); });
  }
  work();
  for (Thread& other : others) other.join();

  report_.faults_median = median(faults_by_run_);
  report_.rebalances_median = median(rebalances_by_run_);
  report_.wall_elapsed = now() - start_;
  if (expected_hash_ && !report_.violations.empty()) {
    testing::Violation& violation = report_.violations.front();
    const std::uint64_t hash = parse_replay_line(violation.replay)->trace_hash;
    violation.text += hash == *expected_hash_
                          ? "replayed: the same trace, " + testing::hash_text(hash) + "\n"
                          : "replayed, but the trace differs: the program or Rookery has changed\n";
  }
  return report_;
}

}  // namespace

testing::Report run_campaign(const CampaignInput& input) { return Campaign(input).run(); }

}  // namespace rookery::sim

namespace rookery::testing {

Report World::simulate(const std::function<App()>& app, const Plan& plan,
                       const SimulateOptions& options) const {
  return sim::run_campaign({.program = app().options().client_id,
                            .run = sim::run_function({.world = *this, .plan = plan, .app = app}),
                            .options = options});
}

}  // namespace rookery::testing
