// scene.cc
//
// Brings a server into the middle of something, and arms whoever is to stop it.
#include "simulations/stop/scene.h"

#include <rookery/processing/consumer.h>
#include <rookery/runtime/random.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <utility>
#include <variant>

namespace rookery::stopping {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 60s;
// Of each partition of "work", so many are consumed before it is time to stop, and the rest when it
// is: with outputs on their way, and nothing that could be acknowledged where brokers are away.
constexpr Offset kBefore = 10;
constexpr int kRecords = 50;
// How long it is given to answer though it should not.
constexpr Duration kAnswer = 500ms;
constexpr int kSignal = SIGUSR2;

// Blocked before any thread is made, so that it ends nobody.
[[maybe_unused]] const bool kIsSignalBlocked = [] {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, kSignal);
  // allow(os-thread): a mask of signals, not a thread
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return true;
}();

class Work final : public Consumer {
 public:
  Work(std::shared_ptr<Shared> shared, std::string output)
      : shared_(std::move(shared)), output_(std::move(output)) {}

  void initialized() override {
    if (shared_->during == During::kRevocation || shared_->from != From::kRebalanceHook) return;
    shared_->working.open();
    shared_->fire_if(From::kRebalanceHook);
  }

 private:
  // A consumer may ask the server what it likes, also while it ends.
  void shutdown() override { shared_->server->progress(); }

  void consume(const Record& record) override {
    shared_->working.open();
    const bool is_to_throw = shared_->from == From::kListener && !shared_->fired.is_open();
    if (is_to_throw || record.offset() >= kBefore) shared_->armed.wait_until(kNever);
    producer().send({.topic = output_, .key = record.key(), .value = record.value()});
    shared_->fire_if(From::kConsumer);
    if (is_to_throw) throw std::runtime_error("an event for the listener");
    shared_->returned.at(static_cast<std::size_t>(record.partition())).store(record.offset() + 1);
  }

  const std::shared_ptr<Shared> shared_;
  const std::string output_;
};

class Contested final : public Consumer {
 public:
  explicit Contested(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  void revoked() override {
    if (shared_->during == During::kRevocation) shared_->fire_if(From::kRebalanceHook);
  }

 private:
  void consume(const Record&) override {
    shared_->contesting.open();
    if (shared_->during != During::kRevocation) return;
    while (!is_revoked() && !shared_->fired.wait_until(deadline_in(5ms))) {
    }
    if (is_revoked()) shared_->revoking.open();
    // Its hook can run only when this has returned.
    if (shared_->from != From::kRebalanceHook) shared_->fired.wait_until(kNever);
  }

  const std::shared_ptr<Shared> shared_;
};

}  // namespace

bool Shared::lasts() const {
  bool owns_work = false;
  bool owns_contested = false;
  for (const PartitionProgress& owned : server->progress()) {
    (owned.group == contested_group ? owns_contested : owns_work) = true;
  }
  switch (during) {
    case During::kJoin:
      return asked.is_open() && !owns_contested;
    case During::kRevocation:
      return revoking.is_open() && owns_contested;  // not handed back
    case During::kCalm:
    case During::kSilence:
    case During::kCrash:
      return owns_work && owns_contested;
  }
  return false;
}

void Shared::note_order() {
  if (is_firing.exchange(true)) {
    noted.wait_until(kNever);  // what is seen is from before any order
    return;
  }
  lasted.store(lasts());
  fired_at.store(now());
  noted.open();
}

void Shared::fire() {
  if (fired.is_open()) return;
  note_order();
  server->stop();
  fired.open();
}

void Shared::fire_if(From here) {
  if (from != here || fired.is_open()) return;
  armed.wait_until(kNever);
  fire();
}

Scene::Scene(contract::Leg& leg, From from, During during)
    : leg_(leg),
      work_topic_(leg.fresh_name("work")),
      contested_topic_(leg.fresh_name("contested")),
      output_topic_(leg.fresh_name("output")),
      work_group_(leg.fresh_name("work-group")),
      contested_group_(leg.fresh_name("contested-group")),
      transport_(leg.make_transport({})) {
  shared_->from = from;
  shared_->during = during;
  shared_->contested_group = contested_group_;
}

Scene::~Scene() {
  // After a failed beginning nobody may be left waiting.
  shared_->armed.open();
  if (server_ && !shared_->fired.is_open()) server_->stop();
  shared_->fired.open();
  if (caller_.joinable()) caller_.join();
  server_.reset();
}

App Scene::app() const {
  App app({.client_id = "stopped",
           .concurrency = 4U,
           .shutdown_timeout = 2s,
           .kafka = {{"session.timeout.ms", "6000"},
                     {"heartbeat.interval.ms", "200"},
                     {"fetch.wait.max.ms", "100"}},
           // Long: a revocation lasts until it is stopped, however slow the machine.
           .defaults = {.commit_interval = 100ms, .revocation_grace = 60s}});
  app.group(work_group_)
      .topic(work_topic_, {.consumer = consumer<Work>(shared_, output_topic_),
                           .retry_backoff = RetryBackoff{.first = 20ms, .max = 100ms}});
  app.group(contested_group_).topic(contested_topic_, {.consumer = consumer<Contested>(shared_)});
  return app;
}

Status Scene::make_topics() {
  const auto admin = transport_->make_admin({});
  if (!admin) return fail(admin.error());
  for (const std::string& topic : {work_topic_, contested_topic_, output_topic_}) {
    const auto made =
        (*admin)->create_topics({{.name = topic, .partitions = 2}}, deadline_in(kPatience));
    if (!made.front()) return made.front();
    leg_.await_topic(topic, 2);
  }
  if (Status produced = produce(work_topic_, kRecords); !produced) return produced;
  return produce(contested_topic_, 4);
}

Status Scene::produce(const std::string& topic, int count) {
  const auto producer = transport_->make_producer({.config = {}, .on_delivery = {}});
  if (!producer) return fail(producer.error());
  for (int i = 0; i < count; ++i) {
    const std::string value = std::to_string(i);
    const Status sent = (*producer)->send({.topic = topic, .value = value, .partition = i % 2}, 0);
    if (!sent) return sent;
  }
  return (*producer)->close(deadline_in(kPatience));
}

// A member that competes for "contested". In a join it is first, and keeps everything.
Status Scene::join_rival() {
  auto made = transport_->make_group_consumer({.config = {{"group.id", contested_group_},
                                                          {"client.id", "rival"},
                                                          {"session.timeout.ms", "6000"},
                                                          {"heartbeat.interval.ms", "200"}}});
  if (!made) return fail(made.error());
  rival_ = std::move(*made);
  return rival_->subscribe({contested_topic_});
}

// Polls the rival until it is so, or patience ends.
Status Scene::pump_rival_until(const char* what, const std::function<bool()>& is_so) {
  const TimePoint deadline = deadline_in(kPatience);
  while (!is_so()) {
    if (now() >= deadline) return fail(ErrorCode::kTimedOut, what);
    for (const GroupEvent& event : rival_->poll_events(deadline_in(10ms))) {
      rival_owns_ = rival_owns_ || std::holds_alternative<Assigned>(event);
      if (std::holds_alternative<Revoking>(event)) shared_->asked.open();
    }
  }
  return {};
}

Status Scene::begin() {
  const auto open_in_time = [](Gate& gate, const char* what) -> Status {
    if (gate.wait_until(deadline_in(kPatience))) return {};
    return fail(ErrorCode::kTimedOut, what);
  };
  if (Status made = make_topics(); !made) return made;
  if (shared_->during == During::kJoin) {
    if (Status joined = join_rival(); !joined) return joined;
    const Status owns = pump_rival_until("the rival owns nothing", [this] { return rival_owns_; });
    if (!owns) return owns;
  }
  if (Status started = start(); !started) return started;
  if (Status works = open_in_time(shared_->working, "no record is worked on"); !works) return works;
  if (shared_->during == During::kJoin) {
    // The server's join waits for the rival, which is asked to give back and does not.
    return pump_rival_until("the rival is not asked", [this] { return shared_->asked.is_open(); });
  }
  Status contests = open_in_time(shared_->contesting, "no record is contested");
  if (!contests || shared_->during != During::kRevocation) return contests;
  if (Status joined = join_rival(); !joined) return joined;
  return pump_rival_until("nothing is revoked", [this] { return shared_->revoking.is_open(); });
}

void strike(contract::Leg& leg, During during) {
  if (during == During::kSilence) leg.stop_answering();
  if (during != During::kCrash) return;
  for (const NodeId node : leg.nodes()) leg.kill_node(node);
}

bool answers(contract::Leg& leg, During during) {
  const bool must_answer = during != During::kSilence && during != During::kCrash;
  const auto transport = leg.make_transport({});
  const auto admin = transport->make_admin({});
  const bool is_so =
      admin && (*admin)->describe({}, deadline_in(must_answer ? kPatience : kAnswer));
  if (admin) (*admin)->close();
  return is_so == must_answer;
}

Status Scene::start() {
  monitor_.subscribe([shared = shared_](const Event& event) {
    // The consumer that threw has waited until it is time.
    if (event.error_type == "consume" && shared->armed.is_open()) shared->fire_if(From::kListener);
  });
  auto reporter = transport_->make_producer(
      {.config = {{"message.timeout.ms", "1500"}, {"linger.ms", "0"}},
       .on_delivery = [shared = shared_](auto) { shared->fire_if(From::kDeliveryReport); }});
  if (!reporter) return fail(reporter.error());
  reporter_ = std::move(*reporter);
  server_ = std::make_unique<Server>(app(), *transport_, ServerOptions{.monitor = &monitor_});
  shared_->server = server_.get();
  return server_->start();
}

void Scene::arm() {
  shared_->armed.open();
  switch (shared_->from) {
    case From::kDeliveryReport: {
      // Acknowledged, or failed when its time is up.
      const Status sent =
          reporter_->send({.topic = output_topic_, .value = "last", .partition = 0}, 1);
      if (!sent) shared_->fire();  // judged by what follows: it never is
      break;
    }
    case From::kSignal:
      caller_ = Thread("signals", [this] {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, kSignal);
        int received = 0;
        sigwait(&set, &received);
        shared_->fire();
      });
      kill(getpid(), kSignal);
      break;
    case From::kOtherThread:
      caller_ = Thread("other", [this] { shared_->fire(); });
      break;
    case From::kDestructor:
      shared_->note_order();
      shared_->fired.open();
      break;
    case From::kConsumer:
    case From::kListener:
    case From::kRebalanceHook:
      break;
  }
}

Ended Scene::end() {
  arm();
  Ended ended;
  // A program may wait from the beginning, or come to it just when it is told to stop.
  if (random_below(2) == 1) shared_->noted.wait_until(kNever);
  phase_.store("waits for the server");
  if (shared_->from != From::kDestructor) ended.code = server_->wait();
  phase_.store("destroys the server");
  server_.reset();
  ended.taken = now() - shared_->fired_at.load();
  ended.lasted = shared_->lasted.load();
  if (!shared_->fired.is_open()) ended.wrong.emplace_back("it ended by itself");
  if (caller_.joinable()) caller_.join();
  end_clients(ended);
  check_commits(ended);
  phase_.store("is over");
  return ended;
}

// The clients beside it keep their deadlines, too.
void Scene::end_clients(Ended& ended) {
  phase_.store("closes the clients beside the server");
  const TimePoint before = now();
  if (rival_) rival_->close(deadline_in(1s));
  rival_.reset();
  static_cast<void>(reporter_->close(deadline_in(1s)));
  reporter_.reset();
  ended.taken = std::max(ended.taken, now() - before);
}

// With brokers that answer: what consumers were done with is committed, neither less nor more.
void Scene::check_commits(Ended& ended) {
  if (shared_->during == During::kSilence || shared_->during == During::kCrash) return;
  phase_.store("reads what was committed");
  auto reader = transport_->make_group_consumer({.config = {{"group.id", work_group_}}});
  if (!reader) return ended.wrong.push_back(reader.error().text());
  const auto all =
      (*reader)->committed({{work_topic_, 0}, {work_topic_, 1}}, deadline_in(kPatience));
  if (!all) return ended.wrong.push_back("what was committed: " + all.error().text());
  for (const CommittedOffset& one : *all) {
    const Offset committed = one.offset.value_or(0);
    const Offset returned =
        shared_->returned.at(static_cast<std::size_t>(one.partition.partition)).load();
    if (committed == returned) continue;
    ended.wrong.push_back(one.partition.text() + ": " + std::to_string(committed) + " committed, " +
                          std::to_string(returned) + " consumed");
  }
}

std::string Scene::picture() const {
  const std::pair<const char*, const Gate*> gates[] = {
      {"armed", &shared_->armed},       {"fired", &shared_->fired},
      {"working", &shared_->working},   {"contesting", &shared_->contesting},
      {"revoking", &shared_->revoking}, {"asked", &shared_->asked}};
  const std::string phase = phase_.load();
  std::string text = std::string(name(shared_->from)) + " during " + name(shared_->during) + ": " +
                     phase + "; open:";
  for (const auto& [gate_name, gate] : gates) {
    if (gate->is_open()) text += std::string(" ") + gate_name;
  }
  text += "\n";
  // Afterwards it is being destroyed.
  if (phase == "waits for the server") text += shared_->server->describe();
  return text;
}

}  // namespace rookery::stopping
