// run.cc
//
// One run from beginning to end.

#include "simulations/world/run.h"

#include <rookery/base/duration.h>
#include <rookery/recovery/dead_letter.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "mockbroker/cluster/inspection.h"
#include "simulations/history/run_order.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategy.h"
#include "simulations/scheduler/tape.h"
#include "simulations/world/app_tuning.h"
#include "simulations/world/cluster_outcome.h"
#include "simulations/world/cluster_recorder.h"
#include "simulations/world/dead_letter_book.h"
#include "simulations/world/fault_injector.h"
#include "simulations/world/producer_process.h"
#include "simulations/world/remaining_work.h"
#include "simulations/world/request_hooks.h"
#include "simulations/world/run_strategy.h"
#include "simulations/world/server_process.h"
#include "simulations/world/stage.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Faults go on a little after the load, and all else is over by then.
constexpr Duration kFaultsAfterLoad = seconds(8);
// From healing until nothing is left to do: sessions expire, backoffs end, records are worked at. A
// member whose JoinGroup was answered in vain gives it up, as Kafka's do, only after
// max.poll.interval.ms and 5 s.
constexpr Duration kDrainMost = seconds(420);
// The default shutdown timeout, and some time to leave.
constexpr Duration kStopMost = seconds(90);
constexpr Duration kLook = milliseconds(250);
// Kafka's 30 s would be a whole run.
constexpr milliseconds kReplicaLagTimeMax = seconds(6);
// Of a coordinator that has come to another node.
constexpr milliseconds kLoadTimeMost = seconds(3);

constexpr const char* kWorldPromise = "the world can be made";
constexpr const char* kDrainPromise = "everything is consumed in the end";
constexpr const char* kStopPromise = "servers stop in order";

class Simulation {
 public:
  Simulation(const RunInput& input, RunTape& tape, const RunSettings& settings)
      : input_(input), tape_(tape), settings_(settings) {}

  // On the scheduler's main fiber.
  void main();
  // Off the fibers, when the run has ended well: checks of the user's own.
  std::optional<BrokenPromise> check_outcome() const;
  std::shared_ptr<testing::DeadLetterBook> dead_letters() const;
  void add_figures(RunOutcome& outcome) const;
  // Off the fibers, of a run that has failed: what a person is told.
  void tell(BrokenPromise& broken) const;
  Signal& alarm() { return alarm_; }

 private:
  [[noreturn]] void fail(const std::string& promise, std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    failure_text_ = text;
    stage_->scheduler.fail(promise, std::move(text));
  }
  void make_world();
  void require_topic(const std::string& topic, const std::string& who);
  void draw_plan();
  std::unique_ptr<ServerProcess> make_server(int number);
  void add_group(const App& app, const std::string& name, const std::string& group,
                 std::size_t segment);
  void aim_faults();
  void subscribe(const std::string& group, const TopicPartition& partition);
  void take_in_growth(const std::string& topic, std::int32_t partitions);
  App make_app() const { return tuned(input_.app(), tuning_); }
  bool is_struck();
  void pause_most(Duration most);
  void describe_servers();
  void drain();
  void dismiss_spares();
  void stop_servers();
  void expect_all();

  const RunInput& input_;
  RunTape& tape_;
  const RunSettings& settings_;
  std::unique_ptr<Stage> stage_;
  std::unique_ptr<ClusterRecorder> cluster_recorder_;
  std::vector<TopicPartition> partitions_;
  std::vector<std::string> groups_;
  std::vector<std::pair<std::string, std::string>> routes_;         // from group to topic
  std::map<std::pair<std::string, std::string>, RunOrder> orders_;  // by route
  Expectations expectations_;
  Signal alarm_{"sweep"};
  bool is_struck_ = false;
  Duration load_{0};
  std::vector<std::uint64_t> records_;  // by workload
  std::vector<Fault> faults_;
  std::size_t planned_faults_ = 0;
  AppTuning tuning_;
  Servers servers_;
  std::unique_ptr<ProducerProcess> producer_;
  std::unique_ptr<StrikeZone> zone_;
  std::unique_ptr<FaultInjector> injector_;
  std::unique_ptr<RequestHooks> hooks_;      // none: the plan has none
  std::optional<std::string> failure_text_;  // of what the run itself found
  std::string failure_details_;
  TimelineOptions about_;  // what it concerns
};

void Simulation::make_world() {
  const int nodes = input_.world.options().brokers;
  mock::ClusterOptions options{.nodes = nodes, .replica_lag_time_max = kReplicaLagTimeMax};
  const bool do_coordinators_load = tape_.plan.draw(2) == 1;
  const milliseconds load_time(tape_.plan.between(1, kLoadTimeMost.count()));
  if (do_coordinators_load) options.coordinator_load_time = load_time;
  stage_ = std::make_unique<Stage>(nodes, options);
  cluster_recorder_ = std::make_unique<ClusterRecorder>(*stage_);
  stage_->cluster.add_observer(cluster_recorder_.get());
  stage_->judge.on_breach([this](const Breach& breach) { fail(breach.promise, breach.text); });
  if (settings_.trace != nullptr) {
    stage_->history.subscribe(
        [this](const Event& event) { *settings_.trace << stage_->history.text(event) << '\n'; });
  }
  for (const auto& [name, shape] : input_.world.topics()) {
    mock::CreateTopicsRequest::Topic topic;
    topic.name = name;
    topic.partitions = shape.partitions;
    topic.config = shape.config;
    const Status created = stage_->cluster.create_topic(stage_->scheduler.time(), topic);
    if (!created) fail(kWorldPromise, created.error().text());
    for (PartitionId partition = 0; partition < shape.partitions; ++partition) {
      partitions_.push_back({name, partition});
    }
  }
}

void Simulation::require_topic(const std::string& topic, const std::string& who) {
  for (const auto& [name, shape] : input_.world.topics()) {
    if (name == topic) return;
  }
  fail(kWorldPromise, who + " needs topic " + topic + ", which the world does not have");
}

void Simulation::draw_plan() {
  for (const testing::Plan::Workload& workload : input_.plan.workloads()) {
    require_topic(workload.topic, "the plan");
  }
  Tape& tape = tape_.plan;
  const testing::PlanOptions& options = input_.plan.options();
  // A failure is made smaller by lowering what at_most() answers: also below what the plan says.
  const auto drawn = tape.between(options.servers.least, options.servers.most);
  const auto servers =
      1 + static_cast<std::int64_t>(tape.at_most(static_cast<std::uint64_t>(drawn - 1)));
  const auto load_ms = std::chrono::duration_cast<milliseconds>(options.load).count();
  const auto drawn_ms = static_cast<std::uint64_t>(load_ms + tape.between(0, load_ms));
  load_ = milliseconds(tape.at_most(drawn_ms));
  for (const testing::Plan::Workload& workload : input_.plan.workloads()) {
    records_.push_back(tape.at_most(workload.records));
  }
  tuning_ = draw_tuning(tape);
  faults_ = draw_faults(tape, options.faults,
                        {.nodes = input_.world.options().brokers,
                         .servers = static_cast<int>(servers),
                         .from = seconds(1),
                         .until = load_ + kFaultsAfterLoad,
                         .session_timeout = kSessionTimeout});
  std::erase_if(faults_, [&](const Fault&) { return tape.at_most(1) == 0; });
  if (input_.at_step) faults_ = {input_.at_step->fault};
  planned_faults_ = faults_.size();
  for (std::int64_t number = 1; number <= servers; ++number) {
    servers_.push_back(make_server(static_cast<int>(number)));
  }
  producer_ = std::make_unique<ProducerProcess>(*stage_, input_.plan, records_, load_);

  const App app = make_app();
  for (const auto& [name, group] : app.groups()) {
    const std::vector<std::string> groups = broker_groups(app, name);
    for (std::size_t i = 0; i < groups.size(); ++i) add_group(app, name, groups[i], i);
  }
  aim_faults();
}

// A group of the brokers, which is one of the app's, or its segment of that number.
void Simulation::add_group(const App& app, const std::string& name, const std::string& group,
                           std::size_t segment) {
  const GroupSettings settings = settings_of(app, name);
  groups_.push_back(group);
  if (settings.initial_offset == InitialOffset::kLatest) {
    stage_->judge.set_latest(stage_->history.group(group));
  }
  for (const ConsumerGroup::Route& route : app.groups().at(name).routes()) {
    require_topic(route.topic, "group " + name);
    routes_.emplace_back(group, route.topic);
    orders_[routes_.back()] = run_order_of(settings_of(app, name, route.topic));
    if (!settings.parallel_segments) continue;
    cluster_recorder_->add_segment({route.topic, group, *settings.parallel_segments, segment});
  }
}

// Nobody may lose what comes to it, and faults may aim at it.
void Simulation::subscribe(const std::string& group, const TopicPartition& partition) {
  const GroupIndex index = stage_->history.group(group);
  const PartitionIndex in_history = stage_->history.partition(partition);
  expectations_.subscriptions.push_back({index, in_history});
  stage_->judge.set_order(index, in_history, orders_.at({group, partition.topic}));
  if (!stage_->judge.model().is_latest(index)) zone_->subscriptions.push_back({group, partition});
}

void Simulation::take_in_growth(const std::string& topic, std::int32_t partitions) {
  const auto known = std::count_if(partitions_.begin(), partitions_.end(),
                                   [&](const TopicPartition& one) { return one.topic == topic; });
  for (auto number = static_cast<PartitionId>(known); number < partitions; ++number) {
    partitions_.push_back({topic, number});
    zone_->partitions.push_back({topic, number});
    for (const auto& [group, read] : routes_) {
      if (read == topic) subscribe(group, {topic, number});
    }
  }
}

std::unique_ptr<ServerProcess> Simulation::make_server(int number) {
  return std::make_unique<ServerProcess>(
      *stage_, number, [this] { return make_app(); }, input_.sabotage, settings_.trace);
}

void Simulation::aim_faults() {
  zone_ = std::make_unique<StrikeZone>(*stage_, servers_, *producer_);
  zone_->nodes = input_.world.options().brokers;
  zone_->replica_lag_time_max = kReplicaLagTimeMax;
  zone_->partitions = partitions_;
  zone_->groups = groups_;
  for (const auto& [group, topic] : routes_) {
    for (const TopicPartition& partition : partitions_) {
      if (partition.topic == topic) subscribe(group, partition);
    }
  }
  cluster_recorder_->on_grown(
      [this](const std::string& topic, std::int32_t count) { take_in_growth(topic, count); });
  zone_->make_server = [this] {
    return make_server(static_cast<int>(servers_.size() + zone_->spares.size()) + 1);
  };
  injector_ = std::make_unique<FaultInjector>(*zone_, faults_);
}

void Simulation::main() {
  {
    const Uninterrupted scope;
    make_world();
    draw_plan();
  }
  Thread kafka("kafka", [this] { stage_->network.run(); });
  Thread hooks;
  if (!input_.plan.hooks().empty()) {
    hooks_ = std::make_unique<RequestHooks>(*stage_, input_.plan.hooks());
    hooks = Thread("hooks", [this] { hooks_->run(); });
  }
  producer_->start();
  Thread starter("starter", [this] {
    for (const std::unique_ptr<ServerProcess>& server : servers_) {
      server->start();
      pause_most(milliseconds(2000));
    }
  });
  const TimePoint begun_at = stage_->scheduler.time();
  if (is_struck()) injector_->run();
  // As long as faults could happen.
  if (hooks_ != nullptr) sleep_until(begun_at + load_ + kFaultsAfterLoad);
  starter.join();
  injector_->heal();
  if (hooks_ != nullptr) {
    hooks_->end();
    hooks.join();
  }
  dismiss_spares();
  drain();
  stop_servers();
  stage_->network.stop();
  kafka.join();
  expect_all();
}

// Whether faults may happen; of a sweep, when its moment has come.
bool Simulation::is_struck() {
  if (!input_.at_step) return true;
  is_struck_ = stage_->scheduler.wait_for_signal(
      alarm_, stage_->scheduler.time() + load_ + kFaultsAfterLoad);
  return is_struck_;
}

// Between one server and the next.
void Simulation::pause_most(Duration most) {
  Duration pause;
  {
    const Uninterrupted scope;
    pause = milliseconds(
        tape_.world.between(0, std::chrono::duration_cast<milliseconds>(most).count() - 1));
  }
  sleep_until(deadline_in(pause));
}

void Simulation::describe_servers() {
  for (const std::unique_ptr<ServerProcess>& server : servers_) {
    failure_details_ += server->describe();
  }
}

void Simulation::drain() {
  const TimePoint healed_at = stage_->scheduler.time();
  const TimePoint deadline = healed_at + kDrainMost;
  const RemainingWork remaining(*stage_, *cluster_recorder_, *producer_, servers_, groups_,
                                expectations_.subscriptions, healed_at);
  while (!remaining.is_none() || stage_->scheduler.time() < injector_->settled_at()) {
    for (const std::unique_ptr<ServerProcess>& server : servers_) {
      if (const std::string trouble = server->trouble(); !trouble.empty()) {
        fail(kDrainPromise, trouble);
      }
    }
    if (stage_->scheduler.time() >= deadline || producer_->failure()) {
      const std::string left = remaining.text();
      // What is owed all the same is told by the checkers.
      if (left.empty()) break;
      about_ = remaining.first_behind();
      describe_servers();
      fail(kDrainPromise, "there is work left " + format_duration(kDrainMost) +
                              " after everything was healed\n" + left);
    }
    sleep_until(deadline_in(kLook));
  }
}

// Servers that came to help were asked to leave.
void Simulation::dismiss_spares() {
  const TimePoint deadline = stage_->scheduler.time() + kStopMost;
  for (const std::unique_ptr<ServerProcess>& spare : zone_->spares) {
    if (spare->wait_until_stopped(deadline)) continue;
    fail(kStopPromise, spare->name() + " has not stopped " + format_duration(kStopMost) +
                           " after everything was healed\n" + spare->describe());
  }
}

void Simulation::stop_servers() {
  for (const std::unique_ptr<ServerProcess>& server : servers_) {
    server->ask_to_stop();
    pause_most(milliseconds(3000));
  }
  const TimePoint deadline = stage_->scheduler.time() + kStopMost;
  for (const std::unique_ptr<ServerProcess>& server : servers_) {
    if (!server->wait_until_stopped(deadline)) {
      describe_servers();
      fail(kStopPromise, server->name() + " has not stopped " + format_duration(kStopMost) +
                             " after it was asked");
    }
    if (const std::string trouble = server->trouble(); !trouble.empty()) {
      fail(kStopPromise, trouble);
    }
  }
  if (!producer_->wait_until_ended(deadline)) fail(kStopPromise, "the producer does not end");
  if (producer_->failure()) fail(kDrainPromise, "the producer failed: " + *producer_->failure());
}

void Simulation::expect_all() {
  const Uninterrupted scope;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const std::string& topic = input_.plan.workloads()[i].topic;
    const auto same = std::find_if(
        expectations_.produced.begin(), expectations_.produced.end(),
        [&](const Expectations::Produced& produced) { return produced.topic == topic; });
    const Expectations::Produced here{topic, records_[i], producer_->sent_again(i)};
    if (same == expectations_.produced.end()) {
      expectations_.produced.push_back(here);
    } else {
      same->records += here.records;
      same->sent_again += here.sent_again;
    }
  }
  // Topics that user code writes to, as well, hold more.
  std::set<std::string> outputs;
  for (const Event& event : stage_->history.events()) {
    if (event.kind != EventKind::kOutputAcknowledged || event.partition == kNone) continue;
    outputs.insert(stage_->history.partition_name(event.partition).topic);
  }
  std::erase_if(expectations_.produced, [&](const Expectations::Produced& produced) {
    return outputs.contains(produced.topic);
  });
  stage_->judge.finish(expectations_);
}

std::optional<BrokenPromise> Simulation::check_outcome() const {
  const ClusterOutcome outcome(stage_->cluster, *cluster_recorder_);
  for (const testing::Plan::Check& check : input_.plan.checks()) {
    const std::string wrong = check.check(outcome);
    if (!wrong.empty()) return BrokenPromise{check.promise, wrong};
  }
  return std::nullopt;
}

// Of each topic that some route names, or that holds a dead letter of a route's topic: a policy may
// choose others.
std::shared_ptr<testing::DeadLetterBook> Simulation::dead_letters() const {
  std::map<std::string, std::set<std::string>> sources;  // by dead letter topic
  std::set<std::string> routed;
  const App app = input_.app();
  for (const auto& [name, group] : app.groups()) {
    for (const ConsumerGroup::Route& route : group.routes()) {
      routed.insert(route.topic);
      const TopicSettings settings = settings_of(app, name, route.topic);
      if (!settings.dead_letter_queue || settings.dead_letter_queue->topic.empty()) continue;
      sources[settings.dead_letter_queue->topic].insert(route.topic);
    }
  }
  const ClusterOutcome outcome(stage_->cluster, *cluster_recorder_);
  for (const auto& [topic, shape] : input_.world.topics()) {
    for (const auto& record : outcome.records(topic)) {
      const auto source = read_dead_letter(record.headers);
      if (source && routed.contains(source->partition.topic)) {
        sources[topic].insert(source->partition.topic);
      }
    }
  }
  auto book = std::make_shared<testing::DeadLetterBook>();
  for (const auto& [topic, from] : sources) {
    book->add_run(outcome, topic, {from.begin(), from.end()});
  }
  return book;
}

void Simulation::tell(BrokenPromise& broken) const {
  if (failure_text_) broken.text = *failure_text_;
  broken.details += failure_details_;
  if (stage_ == nullptr || !settings_.is_text_wanted) return;
  TimelineOptions about = about_;
  if (const std::optional<Breach>& breach = stage_->judge.breach()) {
    about = {.partition = breach->partition, .group = breach->group, .offset = breach->offset};
  }
  broken.timeline = stage_->history.timeline(about);
  broken.faults = stage_->history.faults_at_work();
}

void Simulation::add_figures(RunOutcome& outcome) const {
  if (stage_ == nullptr) return;
  outcome.size.members = servers_.size();
  outcome.is_struck = is_struck_;
  outcome.size.faults = planned_faults_;
  if (producer_ != nullptr) outcome.size.records = producer_->planned();
  outcome.duplicates = stage_->judge.model().duplicates();
  if (cluster_recorder_ != nullptr) outcome.rebalances = cluster_recorder_->generations();
  if (producer_ != nullptr) outcome.records = producer_->acknowledged();
  if (injector_ != nullptr) outcome.faults = injector_->counts();
  // Each input record counts once, however often it was rejected.
  std::set<std::pair<PartitionIndex, Offset>> rejected;
  for (const Event& event : stage_->history.events()) {
    if (event.kind == EventKind::kDeadLettered) rejected.emplace(event.partition, event.offset);
    if (event.kind != EventKind::kOutputAcknowledged || event.partition == kNone) continue;
    ++outcome.outputs;
    if (stage_->history.partition_name(event.partition).topic != input_.plan.rejected_topic()) {
      continue;
    }
    const Run* run = stage_->judge.model().run(event.run);
    if (run != nullptr) rejected.emplace(run->partition, run->offset);
  }
  outcome.rejected = rejected.size();
}

}  // namespace

RunOutcome run_once(const RunInput& input, RunTape& tape, const RunSettings& settings) {
  std::unique_ptr<Strategy> strategy = draw_strategy(tape);
  // Outlives the scheduler's fibers, and is not touched by them once it has failed.
  Simulation run(input, tape, settings);
  SchedulerOptions options = scheduler_options(settings);
  if (input.at_step) {
    strategy = main_first(std::move(strategy));
    options.alarm = &run.alarm();
    options.alarm_step = input.at_step->step;
  }
  Scheduler scheduler(options, tape.world, *strategy);
  const RunResult result = scheduler.run([&run] { run.main(); });
  RunOutcome outcome = outcome_of(result);
  run.add_figures(outcome);
  if (!outcome.broken) outcome.broken = run.check_outcome();
  if (outcome.broken) run.tell(*outcome.broken);
  if (!outcome.broken && input.are_dead_letters_kept) outcome.dead_letters = run.dead_letters();
  return outcome;
}

RunFunction run_function(RunInput input) {
  return [input = std::move(input)](RunTape& tape, const RunSettings& settings) {
    return run_once(input, tape, settings);
  };
}

}  // namespace rookery::sim
