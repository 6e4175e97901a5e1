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
#include "simulations/properties/group_plan.h"
#include "simulations/properties/group_producer.h"
#include "simulations/properties/group_watch.h"
#include "simulations/properties/life.h"
#include "simulations/properties/watched_network.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategies.h"

namespace rookery::sim {
namespace {

using std::chrono::microseconds;
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
    TimePoint at;
    std::size_t fault = 0;
    bool is_end = false;
  };

  void make_world();
  mock::FilterDecision refuse(const mock::Request& request);
  void lead_members();
  void go_through_faults();
  void begin(const PlannedFault& fault);
  void end(const PlannedFault& fault);
  void update_profile();
  void heal();
  void settle();
  void wait_for_end(ProcessId members);
  std::string unsettled() const;

  const GroupPlan plan_;
  RunTape& tape_;
  const RunSettings settings_;
  std::unique_ptr<World> world_;
  std::unique_ptr<LifeStage> stage_;
  ProcessId members_ = kWorld;
  std::vector<FaultKind> active_;
  std::array<std::uint64_t, kFaultKinds> counts_{};
};

void GroupLife::make_world() {
  world_ = std::make_unique<World>(
      plan_.cluster,
      GroupWatch::Options{.heartbeat_interval = plan_.members.front().group.heartbeat_interval,
                          .partitions = plan_.partitions,
                          .trace = settings_.trace});
  world_->cluster.add_observer(&world_->watch);
  mock::CreateTopicsRequest::Topic topic;
  topic.name = "orders";
  topic.partitions = plan_.partitions;
  static_cast<void>(world_->cluster.create_topic(Scheduler::current()->time(), topic));
  world_->cluster.set_request_filter(
      [this](TimePoint, NodeId, const mock::RequestHeader&, const mock::Request& request) {
        return refuse(request);
      });
  stage_ = std::make_unique<LifeStage>(world_->watched, world_->watch, nullptr, topic.name);
}

mock::FilterDecision GroupLife::refuse(const mock::Request& request) {
  if (stage_->phase != LifePhase::kTrouble) return mock::PassRequest{};
  const bool is_beat = std::holds_alternative<mock::HeartbeatRequest>(request);
  const bool is_commit = std::holds_alternative<mock::OffsetCommitRequest>(request);
  if (!is_beat && !is_commit) return mock::PassRequest{};
  if (!tape_.world.one_in(plan_.refused_one_in)) return mock::PassRequest{};
  constexpr std::array kErrors = {ErrorCode::kRebalanceInProgress, ErrorCode::kIllegalGeneration,
                                  ErrorCode::kUnknownMemberId};
  return mock::error_response(request, kErrors[tape_.world.draw(kErrors.size())]);
}

// A process's main fiber.
void GroupLife::lead_members() {
  const NetworkHost host(world_->network);
  stage_->reaper = std::make_shared<mock::ThreadReaper>();
  std::deque<LifeSlot> slots;
  std::vector<Thread> threads;
  for (const LifePlan& member : plan_.members) {
    LifeSlot& slot = slots.emplace_back(*stage_, member, plan_.partitions);
    threads.emplace_back("member " + member.client_id, [&slot] { slot.run(); });
  }
  if (plan_.records > 0) {
    threads.emplace_back("producer", [this] {
      produce_for_groups(*stage_, plan_.records, plan_.partitions, plan_.trouble);
      stage_->is_produced = true;
    });
  }
  for (Thread& thread : threads) thread.join();
  // A heartbeat thread may have had the last reference: the reaper outlives all consumers.
  while (stage_->lives > 0) sleep_until(deadline_in(milliseconds(1)));
  stage_->reaper.reset();
}

void GroupLife::update_profile() {
  NetworkProfile profile;
  profile.latency_spread = plan_.latency_spread;
  for (const FaultKind kind : active_) {
    if (kind == FaultKind::kLatencyStorm) {
      profile.slow_one_in = 5;
      profile.slow_most = milliseconds(400);
    }
    if (kind == FaultKind::kConnectionLoss) profile.loss_one_in = 15;
    if (kind == FaultKind::kRequestErrors) profile.error_one_in = 8;
  }
  world_->network.set_profile(profile);
}

void GroupLife::begin(const PlannedFault& fault) {
  SimulatedNetwork& network = world_->network;
  ++counts_[static_cast<std::size_t>(fault.kind)];
  active_.push_back(fault.kind);
  {
    const Uninterrupted scope;
    world_->watch.note("world", std::string("meets ") + name(fault.kind) + " of node " +
                                    std::to_string(fault.node) + " for " +
                                    format_duration(fault.length));
  }
  switch (fault.kind) {
    case FaultKind::kCoordinatorMove:
      network.with_cluster([&](mock::Cluster& cluster, TimePoint at) {
        const std::string group = fault.variant % plan_.groups == 0 ? "billing" : "audit";
        static_cast<void>(cluster.move_coordinator(at, group, fault.node));
      });
      break;
    case FaultKind::kBrokerRestart:
      if (network.is_up(fault.node)) {
        network.stop_node(fault.node, fault.variant % 2 == 0 ? mock::StopMode::kControlled
                                                             : mock::StopMode::kCrash);
      }
      break;
    case FaultKind::kPartition:
      if (fault.variant % 3 != 1) network.block({members_, fault.node, Direction::kToNode});
      if (fault.variant % 3 != 0) network.block({members_, fault.node, Direction::kFromNode});
      break;
    case FaultKind::kSlowBroker:
      network.delay_answers(fault.node, milliseconds(20 + 60 * fault.variant));
      break;
    default:
      update_profile();
      break;
  }
}

void GroupLife::end(const PlannedFault& fault) {
  SimulatedNetwork& network = world_->network;
  active_.erase(std::find(active_.begin(), active_.end(), fault.kind));
  switch (fault.kind) {
    case FaultKind::kCoordinatorMove:
      break;
    case FaultKind::kBrokerRestart:
      if (!network.is_up(fault.node)) network.start_node(fault.node);
      break;
    case FaultKind::kPartition:
      network.unblock({members_, fault.node, Direction::kToNode});
      network.unblock({members_, fault.node, Direction::kFromNode});
      break;
    case FaultKind::kSlowBroker:
      network.delay_answers(fault.node, Duration::zero());
      break;
    default:
      update_profile();
      break;
  }
}

void GroupLife::go_through_faults() {
  std::vector<Moment> moments;
  for (std::size_t i = 0; i < plan_.faults.size(); ++i) {
    moments.push_back({plan_.faults[i].at, i, false});
    moments.push_back({plan_.faults[i].at + plan_.faults[i].length, i, true});
  }
  std::stable_sort(moments.begin(), moments.end(),
                   [](const Moment& a, const Moment& b) { return a.at < b.at; });
  for (const Moment& moment : moments) {
    sleep_until(moment.at);
    if (moment.is_end) {
      end(plan_.faults[moment.fault]);
    } else {
      begin(plan_.faults[moment.fault]);
    }
  }
  sleep_until(TimePoint(seconds(1)) + plan_.trouble);
}

void GroupLife::heal() {
  active_.clear();
  update_profile();
  const Uninterrupted scope;
  stage_->phase = LifePhase::kSettle;
}

std::string GroupLife::unsettled() const {
  const Uninterrupted scope;
  if (plan_.records > 0 && !stage_->is_produced) return "not all records are produced";
  std::string text = world_->watch.unsettled("billing");
  if (text.empty() && plan_.groups > 1) text = world_->watch.unsettled("audit");
  return text;
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

void GroupLife::wait_for_end(ProcessId members) {
  Scheduler& scheduler = *Scheduler::current();
  if (scheduler.wait_for_process(members, deadline_in(kEndMost))) return;
  world_->watch.fail("everything ends", format_duration(kEndMost) +
                                            " after all were told to close, threads still run");
}

void GroupLife::main() {
  {
    const Uninterrupted scope;
    make_world();
    world_->watch.trouble(true);
  }
  update_profile();
  Thread kafka("kafka", [this] { world_->network.run(); });
  members_ = Scheduler::current()->spawn_process("members", [this] { lead_members(); });
  go_through_faults();
  heal();
  settle();
  world_->watch.trouble(false);
  stage_->phase = LifePhase::kQuiet;
  world_->watch.quiet(true);
  sleep_until(deadline_in(plan_.quiet_for));
  world_->watch.quiet(false);
  stage_->phase = LifePhase::kEnd;
  wait_for_end(members_);
  world_->network.stop();
  kafka.join();
}

void GroupLife::add_figures(RunOutcome& outcome) const {
  outcome.size.members = plan_.members.size();
  outcome.size.faults = plan_.faults.size();
  outcome.faults = counts_;
  if (world_ == nullptr) return;
  outcome.rebalances = world_->watch.generations();
  outcome.records = world_->watch.records().records();
  outcome.size.records = outcome.records;
  if (!outcome.broken) return;
  outcome.broken->timeline = world_->watch.timeline();
  for (const FaultKind kind : active_) outcome.broken->faults.emplace_back(name(kind));
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
