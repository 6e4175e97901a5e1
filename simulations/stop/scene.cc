// scene.cc
//
// Brings a server into the middle of something, and arms whoever is to stop it.
#include "simulations/stop/scene.h"

#include <gtest/gtest.h>
#include <rookery/cli/stack_dump.h>
#include <rookery/processing/consumer.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>
#include <variant>

namespace rookery::stopping {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 60s;
constexpr int kSignal = SIGUSR2;

// Blocked before any thread is made, so that it ends nobody.
[[maybe_unused]] const bool kIsSignalBlocked = [] {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, kSignal);
  // allow(os-thread): a mask of signals, not a thread
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  install_stack_dump();
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
  void consume(const Record& record) override {
    shared_->working.open();
    // Outputs are on their way when it stops.
    producer().send({.topic = output_, .key = record.key(), .value = record.value()});
    shared_->fire_if(From::kConsumer);
    if (shared_->from != From::kListener || shared_->fired.is_open()) return;
    shared_->armed.wait_until(kNever);
    throw std::runtime_error("an event for the listener");
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

const char* name(From from) {
  static constexpr const char* kNames[] = {"AConsumer",       "AListener", "ARebalanceHook",
                                           "ADeliveryReport", "ASignal",   "TheDestructor",
                                           "AnotherThread"};
  return kNames[static_cast<std::size_t>(from)];
}

const char* name(During during) {
  static constexpr const char* kNames[] = {"Calm", "AJoin", "ARevocation", "Silence",
                                           "ACrashOfAllBrokers"};
  return kNames[static_cast<std::size_t>(during)];
}

void Gate::open() {
  MutexLock lock(mutex_);
  is_open_ = true;
  opened_.notify_all();
}

bool Gate::is_open() const {
  MutexLock lock(mutex_);
  return is_open_;
}

bool Gate::wait_until(TimePoint deadline) {
  MutexLock lock(mutex_);
  return opened_.wait_until(lock, deadline, [this] { return is_open_; });
}

void Shared::fire() {
  if (fired.is_open()) return;
  fired_at.store(now());
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
}

Scene::~Scene() {
  // After a failed beginning nobody may be left waiting.
  shared_->armed.open();
  if (server_ && !shared_->fired.is_open()) server_->stop();
  shared_->fired.open();
  server_.reset();
}

App Scene::app() const {
  App app({.client_id = "stopped",
           .concurrency = 4U,
           .shutdown_timeout = 2s,
           .kafka = {{"session.timeout.ms", "6000"},
                     {"heartbeat.interval.ms", "200"},
                     {"fetch.wait.max.ms", "100"}},
           .defaults = {.commit_interval = 100ms, .revocation_grace = 2s}});
  app.group(work_group_)
      .topic(work_topic_, {.consumer = consumer<Work>(shared_, output_topic_),
                           .retry_backoff = RetryBackoff{.first = 20ms, .max = 100ms}});
  app.group(contested_group_).topic(contested_topic_, {.consumer = consumer<Contested>(shared_)});
  return app;
}

void Scene::make_topics() {
  const auto admin = transport_->make_admin({});
  ASSERT_TRUE(admin) << admin.error().text();
  for (const std::string& topic : {work_topic_, contested_topic_, output_topic_}) {
    const auto made =
        (*admin)->create_topics({{.name = topic, .partitions = 2}}, deadline_in(kPatience));
    ASSERT_TRUE(made.front()) << made.front().error().text();
    leg_.await_topic(topic, 2);
  }
  produce(work_topic_, 50);
  produce(contested_topic_, 4);
}

void Scene::produce(const std::string& topic, int count) {
  const auto producer = transport_->make_producer({.config = {}, .on_delivery = {}});
  ASSERT_TRUE(producer) << producer.error().text();
  for (int i = 0; i < count; ++i) {
    const std::string value = std::to_string(i);
    ASSERT_TRUE((*producer)->send({.topic = topic, .value = value, .partition = i % 2}, 0));
  }
  const Status closed = (*producer)->close(deadline_in(kPatience));
  ASSERT_TRUE(closed) << closed.error().text();
}

// A member that competes for "contested". In a join it is first, and keeps everything.
void Scene::join_rival() {
  auto made = transport_->make_group_consumer({.config = {{"group.id", contested_group_},
                                                          {"client.id", "rival"},
                                                          {"session.timeout.ms", "6000"},
                                                          {"heartbeat.interval.ms", "200"}}});
  ASSERT_TRUE(made) << made.error().text();
  rival_ = std::move(*made);
  ASSERT_TRUE(rival_->subscribe({contested_topic_}));
}

// Polls the rival until it is so, or patience ends.
bool Scene::pump_rival_until(const std::function<bool()>& is_so) {
  const TimePoint deadline = deadline_in(kPatience);
  while (!is_so()) {
    if (now() >= deadline) return false;
    for (const GroupEvent& event : rival_->poll_events(deadline_in(10ms))) {
      rival_owns_ = rival_owns_ || std::holds_alternative<Assigned>(event);
      rival_is_asked_ = rival_is_asked_ || std::holds_alternative<Revoking>(event);
    }
  }
  return true;
}

void Scene::begin() {
  ASSERT_NO_FATAL_FAILURE(make_topics());
  if (shared_->during == During::kJoin) {
    ASSERT_NO_FATAL_FAILURE(join_rival());
    ASSERT_TRUE(pump_rival_until([this] { return rival_owns_; }));
  }
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_TRUE(shared_->working.wait_until(deadline_in(kPatience)));
  switch (shared_->during) {
    case During::kJoin:
      // The server's join waits for the rival, which is asked to give back and does not.
      ASSERT_TRUE(pump_rival_until([this] { return rival_is_asked_; }));
      return;
    case During::kRevocation:
      ASSERT_TRUE(shared_->contesting.wait_until(deadline_in(kPatience)));
      ASSERT_NO_FATAL_FAILURE(join_rival());
      ASSERT_TRUE(pump_rival_until([this] { return shared_->revoking.is_open(); }));
      return;
    case During::kCalm:
    case During::kSilence:
    case During::kCrash:
      ASSERT_TRUE(shared_->contesting.wait_until(deadline_in(kPatience)));
      return;
  }
}

void strike(contract::Leg& leg, During during) {
  if (during == During::kSilence) leg.stop_answering();
  if (during != During::kCrash) return;
  for (const NodeId node : leg.nodes()) leg.kill_node(node);
}

void Scene::start() {
  monitor_.subscribe([shared = shared_](const Event& event) {
    // The consumer that threw has waited until it is time.
    if (event.error_type == "consume" && shared->armed.is_open()) shared->fire_if(From::kListener);
  });
  auto reporter = transport_->make_producer(
      {.config = {{"message.timeout.ms", "1500"}, {"linger.ms", "0"}},
       .on_delivery = [shared = shared_](auto) { shared->fire_if(From::kDeliveryReport); }});
  ASSERT_TRUE(reporter) << reporter.error().text();
  reporter_ = std::move(*reporter);
  server_ = std::make_unique<Server>(app(), *transport_, ServerOptions{.monitor = &monitor_});
  shared_->server = server_.get();
  const Status started = server_->start();
  ASSERT_TRUE(started) << started.error().text();
}

void Scene::arm() {
  shared_->armed.open();
  switch (shared_->from) {
    case From::kDeliveryReport:
      // Acknowledged, or failed when its time is up.
      EXPECT_TRUE(reporter_->send({.topic = output_topic_, .value = "last", .partition = 0}, 1));
      break;
    case From::kSignal: {
      Thread waits("signals", [this] {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, kSignal);
        int received = 0;
        sigwait(&set, &received);
        shared_->fire();
      });
      kill(getpid(), kSignal);
      waits.join();
      break;
    }
    case From::kOtherThread: {
      Thread other("other", [this] { shared_->fire(); });
      other.join();
      break;
    }
    case From::kDestructor:
      shared_->fired_at.store(now());
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
  if (shared_->from != From::kDestructor) ended.code = server_->wait();
  server_.reset();
  ended.taken = now() - shared_->fired_at.load();
  EXPECT_TRUE(shared_->fired.is_open()) << "it ended by itself";
  // The clients beside it keep their deadlines, too.
  const TimePoint before = now();
  if (rival_) rival_->close(deadline_in(1s));
  rival_.reset();
  static_cast<void>(reporter_->close(deadline_in(1s)));
  reporter_.reset();
  ended.taken = std::max(ended.taken, now() - before);
  return ended;
}

Watchdog::Watchdog(std::string what, Duration limit)
    : thread_("watchdog", [this, what = std::move(what), limit] {
        if (done_.wait_until(deadline_in(limit))) return;
        std::fprintf(stderr, "%s does not end; all stacks:\n", what.c_str());
        dump_all_stacks();
        std::abort();
      }) {}

Watchdog::~Watchdog() {
  done_.open();
  thread_.join();
}

}  // namespace rookery::stopping
