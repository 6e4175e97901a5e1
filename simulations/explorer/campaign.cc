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

#include "simulations/explorer/failure_text.h"
#include "simulations/explorer/replay_line.h"
#include "simulations/explorer/shrink.h"
#include "simulations/world/dead_letter_book.h"

namespace rookery::sim {
namespace {

constexpr Duration kProgressEvery = std::chrono::milliseconds(100);

std::uint64_t median(std::vector<std::uint64_t> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

class Campaign {
 public:
  explicit Campaign(const CampaignInput& input) : input_(input) {
    report_.program = input.program;
    for (std::size_t i = 0; i < kFaultKinds; ++i) {
      const auto kind = static_cast<FaultKind>(i);
      if (input.faults.contains(kind)) report_.faults[name(kind)] = 0;
    }
  }

  testing::Report run();

 private:
  // What one run came to.
  struct Finished {
    RunSource source;
    RunOutcome outcome;
    // The second run's, when it differs.
    std::optional<std::uint64_t> other_hash;
    bool is_wrong() const { return outcome.broken || other_hash; }
  };

  void run_all();
  void work();
  std::optional<RunSource> next_source();
  RunOutcome run_source(const RunSource& source, const RunSettings& settings) const {
    RunTape tape(source);
    return input_.run(tape, settings);
  }
  Finished run_twice(const RunSource& source, StackPool& stacks) const;
  void take(Finished finished);
  void add(Finished finished);
  void tell_violations();
  testing::Violation tell(const Finished& wrong);
  bool may_shrink(const Finished& wrong) const;

  const CampaignInput& input_;
  const TimePoint start_ = now();
  std::optional<ReplayLine> replay_;
  std::uint64_t first_seed_ = 0;
  std::uint64_t seeds_ = 0;
  Mutex mutex_{"campaign", ranks::kApp};
  // Guarded by mutex_.
  std::uint64_t handed_out_ = 0;
  bool is_over_ = false;
  std::map<std::uint64_t, Finished> waiting_;  // by seed
  std::uint64_t next_to_add_ = 0;
  TimePoint told_at_{};
  std::vector<Finished> wrong_;
  std::vector<std::uint64_t> faults_by_run_;
  std::vector<std::uint64_t> rebalances_by_run_;
  std::map<std::string, std::uint64_t> told_promises_;  // by which seed
  std::shared_ptr<testing::DeadLetterBook> dead_letters_;
  testing::Report report_;
};

std::optional<RunSource> Campaign::next_source() {
  const TimePoint at = now();
  MutexLock lock(mutex_);
  const Duration most = input_.options.wall_time_most;
  if (most > Duration::zero() && at - start_ > most) is_over_ = true;
  if (is_over_ || handed_out_ == seeds_) return std::nullopt;
  const std::uint64_t place = handed_out_++;
  return replay_ ? replay_->source : RunSource{.seed = first_seed_ + place};
}

Campaign::Finished Campaign::run_twice(const RunSource& source, StackPool& stacks) const {
  Finished finished{.source = source};
  RunSettings settings{.trace = input_.trace, .stacks = &stacks};
  finished.outcome = run_source(source, settings);
  if (finished.outcome.broken && input_.trace != nullptr) {
    const BrokenPromise& broken = *finished.outcome.broken;
    *input_.trace << broken.promise << ": " << broken.text << '\n' << broken.details << '\n';
  }
  if (!finished.outcome.broken && source.seed % kCheckedTwiceOneIn != 0) return finished;
  settings.trace = nullptr;
  const std::uint64_t hash = run_source(source, settings).trace_hash;
  if (hash != finished.outcome.trace_hash) finished.other_hash = hash;
  return finished;
}

void Campaign::add(Finished finished) {
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
  if (outcome.dead_letters) {
    if (!dead_letters_) dead_letters_ = std::make_shared<testing::DeadLetterBook>();
    dead_letters_->add(*outcome.dead_letters);
  }
  if (!finished.is_wrong()) return;
  // Watchers see that there is one; what to say of it comes at the end.
  report_.violations.push_back({.seed = finished.source.seed});
  wrong_.push_back(std::move(finished));
}

void Campaign::take(Finished finished) {
  const TimePoint at = now();
  MutexLock lock(mutex_);
  const std::uint64_t seed = finished.source.seed;
  waiting_.emplace(seed, std::move(finished));
  for (auto next = waiting_.find(next_to_add_); next != waiting_.end();
       next = waiting_.find(next_to_add_)) {
    // What lies beyond the campaign's end was run by another thread for nothing.
    if (wrong_.size() < input_.options.violations_most) add(std::move(next->second));
    waiting_.erase(next);
    ++next_to_add_;
  }
  if (wrong_.size() >= input_.options.violations_most) is_over_ = true;
  if (input_.on_progress && at - told_at_ >= kProgressEvery) {
    told_at_ = at;
    report_.wall_elapsed = at - start_;
    input_.on_progress(report_);
  }
}

void Campaign::work() {
  StackPool stacks;
  while (const std::optional<RunSource> source = next_source()) take(run_twice(*source, stacks));
}

void Campaign::run_all() {
  std::uint64_t threads = input_.options.threads;
  if (threads == 0) threads = hardware_concurrency();
  threads = input_.trace != nullptr ? 1 : std::min(threads, seeds_);
  std::vector<Thread> others;
  for (std::uint64_t i = 1; i < threads; ++i) {
    others.emplace_back("campaign-" + std::to_string(i), [this] { work(); });
  }
  work();
  for (Thread& other : others) other.join();
}

// --- What is said of violations

bool Campaign::may_shrink(const Finished& wrong) const {
  return input_.options.shrink_time_most > Duration::zero() && !replay_ && !wrong.other_hash &&
         wrong.outcome.broken;
}

testing::Violation Campaign::tell(const Finished& wrong) {
  const RunOutcome& outcome = wrong.outcome;
  testing::Violation violation;
  violation.seed = wrong.source.seed;
  RunSource source = wrong.source;
  std::uint64_t hash = outcome.trace_hash;
  if (wrong.other_hash) {
    violation.promise = "not deterministic";
    violation.text = "  it ran twice with trace hashes " + testing::hash_text(hash) + " and " +
                     testing::hash_text(*wrong.other_hash) + "\n";
    if (outcome.broken) violation.text += "  the first run: " + outcome.broken->promise + "\n";
  } else {
    violation.promise = outcome.broken->promise;
    const auto [earlier, is_first] = told_promises_.try_emplace(violation.promise, violation.seed);
    if (!is_first) {
      violation.text = short_failure_text(outcome, earlier->second);
    } else if (may_shrink(wrong)) {
      StackPool stacks;
      const Shrunk shrunk =
          shrink(input_.run, source, outcome,
                 {.wall_time_most = input_.options.shrink_time_most, .stacks = &stacks});
      source = shrunk.source;
      hash = shrunk.outcome.trace_hash;
      violation.shrunk = shrunk.figures;
      violation.text = failure_text(shrunk.outcome, shrunk.figures);
    } else {
      violation.text = failure_text(outcome, std::nullopt);
    }
  }
  violation.replay = text(ReplayLine{source, hash});
  if (input_.commands) violation.commands = input_.commands(violation.replay);
  return violation;
}

void Campaign::tell_violations() {
  report_.violations.clear();
  for (const Finished& wrong : wrong_) report_.violations.push_back(tell(wrong));
  if (!replay_ || wrong_.empty()) return;
  const std::uint64_t hash = wrong_.front().outcome.trace_hash;
  report_.violations.front().text +=
      hash == replay_->trace_hash
          ? "  replayed      the same trace, " + testing::hash_text(hash) + "\n"
          : "  replayed      the trace differs: the program or Rookery has changed\n";
}

testing::Report Campaign::run() {
  first_seed_ = input_.options.first_seed;
  seeds_ = input_.options.seeds;
  if (!input_.options.replay.empty()) {
    Result<ReplayLine> line = parse_replay_line(input_.options.replay);
    if (!line) {
      report_.violations.push_back(
          {.promise = "the replay line can be read", .text = "  " + line.error().message + "\n"});
      return report_;
    }
    replay_ = std::move(*line);
    first_seed_ = replay_->source.seed;
    seeds_ = 1;
  }
  report_.seeds = seeds_;
  next_to_add_ = first_seed_;
  run_all();
  tell_violations();
  report_.faults_median = median(faults_by_run_);
  report_.rebalances_median = median(rebalances_by_run_);
  report_.wall_elapsed = now() - start_;
  report_.dead_letters = dead_letters_;
  return report_;
}

}  // namespace

testing::Report run_campaign(const CampaignInput& input) { return Campaign(input).run(); }

}  // namespace rookery::sim
