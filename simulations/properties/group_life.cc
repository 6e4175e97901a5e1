// group_life.cc
//
// The plan, the faults, and the four phases of a run.
#include "simulations/properties/group_life.h"

#include <rookery/base/duration.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/client/thread_reaper.h"
#include "mockbroker/cluster/cluster.h"
#include "mockbroker/protocol/error_response.h"
#include "simulations/network/simulated_network.h"
#include "simulations/properties/group_faults.h"
#include "simulations/properties/group_plan.h"
#include "simulations/properties/group_producer.h"
#include "simulations/properties/group_remains.h"
#include "simulations/properties/group_watch.h"
#include "simulations/properties/life.h"
#include "simulations/properties/watched_network.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategies.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kSettleMost = seconds(60);
constexpr Duration kEndMost = seconds(20);

class GroupLife {
 public:
  GroupLife(GroupPlan plan, RunTape& tape, const RunSettings& settings)
      : plan_(std::move(plan)), tape_(tape), settings_(settings) {}

  // On the scheduler's main fiber.
  void main();
  void add_figures(RunOutcome& outcome) const;

 private:
  struct World {
    World(const mock::ClusterOptions& options, const GroupWatch::Options& watching)
        : watch(watching),
          cluster(options),
          network(cluster, options.nodes),
          watched(network, watch) {}
    GroupWatch watch;
    mock::Cluster cluster;
    SimulatedNetwork network;
    WatchedNetwork watched;
  };
  struct Moment {
    Duration at;
    std::size_t fault = 0;
    enum class What : std::uint8_t { kBegin, kStep, kEnd } what = What::kBegin;
    std::size_t step = 0;
  };

  void make_world();
  mock::FilterDecision refuse(const mock::Request& request);
  void lead(const std::vector<LifePlan>& members);
  void produce();
  void start_processes();
  std::vector<Moment> moments() const;
  void go_through_faults();
  void heal();
  void settle();
  void stay_quiet();
  void wait_for_end();
  void wait_for_groups_to_end();
  std::vector<std::string> groups() const;
  std::string unsettled() const;

  const GroupPlan plan_;
  RunTape& tape_;
  const RunSettings settings_;
  std::unique_ptr<World> world_;
  std::unique_ptr<LifeStage> stage_;
  std::unique_ptr<GroupFaults> faults_;
  std::vector<ProcessId> processes_;  // of members
  std::vector<ProcessId> others_;
};

void GroupLife::make_world() {
  world_ = std::make_unique<World>(
      plan_.cluster,
      GroupWatch::Options{.heartbeat_interval = plan_.members.front().group.heartbeat_interval,
                          .retry_backoff = plan_.members.front().group.retry_backoff,
                          .partitions = plan_.partitions,
                          .trace = settings_.trace});
  world_->cluster.add_observer(&world_->watch);
  mock::CreateTopicsRequest::Topic topic;
  topic.name = "orders";
  topic.partitions = plan_.partitions;
  const Status created = world_->cluster.create_topic(Scheduler::current()->time(), topic);
  if (!created) world_->watch.fail("misuse", created.error().text());
  world_->cluster.set_request_filter(
      [this](TimePoint, NodeId, const mock::RequestHeader& header, const mock::Request& request) {
        world_->watch.arrived(header.client_id, request);
        return refuse(request);
      });
  NetworkProfile profile = world_->network.profile();
  profile.latency_spread = plan_.latency_spread;
  world_->network.set_profile(profile);
  stage_ = std::make_unique<LifeStage>(world_->watched, world_->watch, topic.name);
}

mock::FilterDecision GroupLife::refuse(const mock::Request& request) {
  const bool is_beat = std::holds_alternative<mock::HeartbeatRequest>(request);
  if (stage_->phase == LifePhase::kQuiet && is_beat &&
      tape_.world.one_in(plan_.failed_beats_one_in)) {
    return mock::error_response(request, ErrorCode::kCoordinatorLoadInProgress);
  }
  if (stage_->phase != LifePhase::kTrouble) return mock::PassRequest{};
  const auto error = faults_ ? faults_->refuse(request, tape_.world) : std::nullopt;
  if (error) {
    return mock::error_response(request, *error);
  }
  const bool is_commit = std::holds_alternative<mock::OffsetCommitRequest>(request);
  if (!is_beat && !is_commit) return mock::PassRequest{};
  if (!tape_.world.one_in(plan_.refused_one_in)) return mock::PassRequest{};
  constexpr std::array kErrors = {ErrorCode::kRebalanceInProgress, ErrorCode::kIllegalGeneration,
                                  ErrorCode::kUnknownMemberId};
  return mock::error_response(request, kErrors[tape_.world.draw(kErrors.size())]);
}

// A process's main fiber.
void GroupLife::lead(const std::vector<LifePlan>& members) {
  const NetworkHost host(world_->network);
  LifeHome home{.reaper = std::make_shared<mock::ThreadReaper>()};
  std::deque<LifeSlot> slots;
  std::vector<Thread> threads;
  for (const LifePlan& member : members) {
    LifeSlot& slot = slots.emplace_back(*stage_, home, member, plan_.partitions);
    threads.emplace_back("member " + member.client_id, [&slot] { slot.run(); });
  }
  for (Thread& thread : threads) thread.join();
  // A heartbeat thread may have had the last reference: the reaper outlives all consumers.
  while (home.lives > 0) sleep_until(deadline_in(milliseconds(1)));
  home.reaper.reset();
}

void GroupLife::produce() {
  const NetworkHost host(world_->network);
  produce_for_groups(*stage_, plan_.records, plan_.partitions, plan_.trouble);
  stage_->is_produced = true;
}

void GroupLife::start_processes() {
  Scheduler& scheduler = *Scheduler::current();
  if (plan_.is_one_process) {
    processes_.push_back(scheduler.spawn_process("members", [this] { lead(plan_.members); }));
  } else {
    for (const LifePlan& member : plan_.members) {
      processes_.push_back(
          scheduler.spawn_process(member.client_id, [this, &member] { lead({member}); }));
    }
  }
  if (plan_.records > 0) {
    others_.push_back(scheduler.spawn_process("producer", [this] { produce(); }));
  }
}

std::vector<std::string> GroupLife::groups() const {
  return plan_.groups > 1 ? std::vector<std::string>{"billing", "audit"}
                          : std::vector<std::string>{"billing"};
}

std::vector<GroupLife::Moment> GroupLife::moments() const {
  using What = Moment::What;
  std::vector<Moment> moments;
  for (std::size_t i = 0; i < plan_.faults.size(); ++i) {
    const Fault& fault = plan_.faults[i];
    moments.push_back({fault.at, i, What::kBegin});
    const std::vector<Duration> steps = faults_->steps(i);
    for (std::size_t step = 0; step < steps.size(); ++step) {
      moments.push_back({fault.at + steps[step], i, What::kStep, step});
    }
    moments.push_back({fault.at + fault.duration, i, What::kEnd});
  }
  std::stable_sort(moments.begin(), moments.end(),
                   [](const Moment& a, const Moment& b) { return a.at < b.at; });
  return moments;
}

void GroupLife::go_through_faults() {
  constexpr TimePoint kStart(seconds(1));
  for (const Moment& moment : moments()) {
    sleep_until(kStart + moment.at);
    if (moment.what == Moment::What::kBegin) faults_->begin(moment.fault);
    if (moment.what == Moment::What::kStep) faults_->step(moment.fault, moment.step);
    if (moment.what == Moment::What::kEnd) faults_->end(moment.fault);
  }
  sleep_until(kStart + plan_.trouble);
}

void GroupLife::heal() {
  faults_->end_all();
  const Uninterrupted scope;
  stage_->phase = LifePhase::kSettle;
}

std::string GroupLife::unsettled() const {
  const Uninterrupted scope;
  if (plan_.records > 0 && !stage_->is_produced) return "not all records are produced";
  for (const std::string& group : groups()) {
    if (std::string text = world_->watch.unsettled(group); !text.empty()) return text;
  }
  return {};
}

void GroupLife::settle() {
  const TimePoint give_up = deadline_in(kSettleMost);
  TimePoint settled_since = kNever;
  for (;;) {
    const TimePoint at = now();
    const std::string missing =
        stage_->long_silences > 0 ? "an application is silent" : unsettled();
    if (!missing.empty()) settled_since = kNever;
    if (missing.empty() && settled_since == kNever) settled_since = at;
    if (settled_since != kNever && at - settled_since >= plan_.settled_for) return;
    if (at > give_up) {
      world_->watch.fail("groups settle",
                         format_duration(kSettleMost) + " after everything was healed, " + missing);
    }
    sleep_until(at + milliseconds(20));
  }
}

void GroupLife::stay_quiet() {
  const TimePoint until = deadline_in(plan_.quiet_for);
  world_->watch.trouble(false);
  stage_->phase = LifePhase::kQuiet;
  world_->watch.quiet(true);
  if (plan_.break_after > Duration::zero()) {
    sleep_until(deadline_in(plan_.break_after));
    const Uninterrupted scope;
    world_->network.break_connections();
    world_->watch.connections_broken();
  }
  sleep_until(until);
  world_->watch.quiet(false);
}

void GroupLife::wait_for_end() {
  Scheduler& scheduler = *Scheduler::current();
  const TimePoint deadline = deadline_in(kEndMost);
  std::vector<ProcessId> all = processes_;
  all.insert(all.end(), others_.begin(), others_.end());
  for (const ProcessId process : all) {
    if (scheduler.wait_for_process(process, deadline)) continue;
    world_->watch.fail("everything ends", format_duration(kEndMost) +
                                              " after all were told to close, threads still run");
  }
}

// Who said goodbye is gone at once, who did not when its session is over; then nothing is set for
// the group any more but its own end.
void GroupLife::wait_for_groups_to_end() {
  const mock::GroupSettings& settings = plan_.members.front().group;
  sleep_until(deadline_in(settings.session_timeout + settings.max_poll_interval + seconds(1)));
  const auto check = [this](const std::string& remains) {
    if (remains.empty()) return;
    world_->watch.fail("nothing is left of members that are gone", remains);
  };
  {
    const Uninterrupted scope;
    check(remains_of_members(world_->cluster, groups()));
  }
  sleep_until(deadline_in(plan_.cluster.offsets_retention + seconds(1)));
  const Uninterrupted scope;
  check(remains_of_groups(world_->cluster));
}

void GroupLife::main() {
  {
    const Uninterrupted scope;
    make_world();
    world_->watch.trouble(true);
  }
  Thread kafka("kafka", [this] { world_->network.run(); });
  start_processes();
  {
    const Uninterrupted scope;
    faults_ = std::make_unique<GroupFaults>(
        GroupFaults::Victims{world_->network, world_->watch, groups(), plan_.nodes, processes_},
        plan_.faults);
  }
  go_through_faults();
  heal();
  settle();
  stay_quiet();
  stage_->phase = LifePhase::kEnd;
  wait_for_end();
  wait_for_groups_to_end();
  world_->network.stop();
  kafka.join();
}

void GroupLife::add_figures(RunOutcome& outcome) const {
  outcome.size.members = plan_.members.size();
  outcome.size.faults = plan_.faults.size();
  if (world_ == nullptr) return;
  if (faults_ != nullptr) outcome.faults = faults_->counts();
  outcome.rebalances = world_->watch.generations();
  outcome.records = world_->watch.records().records();
  outcome.size.records = outcome.records;
  if (!outcome.broken) return;
  outcome.broken->timeline = world_->watch.timeline();
  if (faults_ != nullptr) outcome.broken->faults = faults_->active();
}

RunOutcome live(GroupPlan plan, RunTape& tape, Strategy& strategy, const RunSettings& settings) {
  // Outlives the scheduler's fibers, and is not touched by them once it has failed.
  GroupLife life(std::move(plan), tape, settings);
  SchedulerOptions options = scheduler_options(settings);
  Scheduler scheduler(options, tape.world, strategy);
  RunOutcome outcome = outcome_of(scheduler.run([&life] { life.main(); }));
  life.add_figures(outcome);
  return outcome;
}

RunOutcome live(RunTape& tape, const RunSettings& settings, StrategyKind kind) {
  GroupPlan plan = draw_group_plan(tape.plan);
  if (kind == StrategyKind::kDrawn) {
    constexpr std::array kKindsDrawn = {StrategyKind::kSticky, StrategyKind::kStarvation,
                                        StrategyKind::kPos, StrategyKind::kPct,
                                        StrategyKind::kRandom};
    kind = kKindsDrawn[tape.plan.draw(kKindsDrawn.size())];
  }
  const std::unique_ptr<Strategy> strategy = make_strategy(kind, tape.plan, tape.schedule);
  return live(std::move(plan), tape, *strategy, settings);
}

}  // namespace

RunOutcome group_life(RunTape& tape, const RunSettings& settings) {
  return live(tape, settings, StrategyKind::kDrawn);
}

RunFunction group_life_with(StrategyKind strategy) {
  return [strategy](RunTape& tape, const RunSettings& settings) {
    return live(tape, settings, strategy);
  };
}

RunOutcome small_group_life(std::uint64_t seed, Strategy& strategy, const RunSettings& settings) {
  RunTape tape({.seed = seed});
  return live(draw_small_group_plan(tape.plan), tape, strategy, settings);
}

}  // namespace rookery::sim
