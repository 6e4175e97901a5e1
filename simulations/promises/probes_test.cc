// probes_test.cc
//
// The promise: probes ask nobody. While brokers are away, or do not answer, and while consumers
// take minutes, a server is alive and ready, and its control thread ticks; a consumer that takes
// longer than consuming_ttl is told, as long as it does (semantics.md, section 10).
#include <gtest/gtest.h>
#include <rookery/health/health.h>
#include <rookery/processing/server.h>
#include <rookery/producing/producer.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/time.h>

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "mockbroker/transport/in_process_kafka.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategies.h"
#include "simulations/scheduler/tape.h"

namespace rookery {
namespace {

using namespace std::chrono_literals;

constexpr const char* kOrders = "orders.v1";
constexpr NodeId kNode = 0;
constexpr HealthLimits kLimits{};  // five minutes each
constexpr Duration kBetweenLooks = 1s;
// A tick a second, and a look that comes late.
constexpr Duration kTickMost = 2s;
constexpr std::uint64_t kSeeds = 10;

class Probes {
 public:
  void run() {
    ASSERT_TRUE(kafka_.create_topic(kOrders, 1));
    App app({.client_id = "orders", .concurrency = 2});
    app.group("orders").topic(
        kOrders, {.consumer = consumer([this](const Record& record) { work(record); })});
    server_.emplace(app, kafka_.transport());
    EXPECT_FALSE(look().is_ready());
    ASSERT_TRUE(server_->start());
    ASSERT_TRUE(produce("0"));
    look_until([this] { return is_done("0"); });
    ASSERT_TRUE(kafka_.stop_node(kNode));
    look_for(12min);
    ASSERT_TRUE(kafka_.start_node(kNode));
    kafka_.hold_answers(kNode);
    look_for(12min);
    kafka_.release_answers(kNode);
    ASSERT_TRUE(produce("240"));  // seconds
    look_until([this] { return is_done("240"); });
    ASSERT_TRUE(produce("360"));
    look_at_one_that_takes_too_long();
    server_->stop();
    EXPECT_TRUE(look().is_alive());
    EXPECT_FALSE(look().is_ready());
    EXPECT_EQ(server_->wait(), ExitCode::kClean);
    EXPECT_TRUE(look().is_alive());
    EXPECT_TRUE(server_->vitals().control_threads.empty()) << "it has ended in order";
    server_.reset();
  }

 private:
  void work(const Record& record) {
    {
      MutexLock lock(mutex_);
      began_ = now();
    }
    const std::string seconds = record.value().str();
    sleep_until(deadline_in(std::chrono::seconds(std::stoi(seconds))));
    MutexLock lock(mutex_);
    began_.reset();
    done_.insert(seconds);
  }
  // Once at least: what was not committed when the broker went runs again.
  bool is_done(const std::string& seconds) const {
    MutexLock lock(mutex_);
    return done_.contains(seconds);
  }
  std::optional<TimePoint> began() const {
    MutexLock lock(mutex_);
    return began_;
  }

  bool produce(const std::string& seconds) {
    Result<Producer> producer = Producer::make(kafka_.transport(), {});
    return producer && producer->send_sync({.topic = kOrders, .value = seconds}, deadline_in(1min));
  }

  Health look() const {
    const Vitals vitals = server_->vitals();
    for (const auto& thread : vitals.control_threads) EXPECT_LE(thread.since_tick, kTickMost);
    return examine(vitals, kLimits);
  }
  void expect_ready() const {
    const Health health = look();
    EXPECT_TRUE(health.is_ready()) << to_json(health, {});
  }
  void look_for(Duration duration) const {
    const TimePoint end = deadline_in(duration);
    look_until([end] { return now() >= end; });
  }
  void look_until(const std::function<bool()>& is_over) const {
    const TimePoint deadline = deadline_in(1h);
    while (!is_over() && !::testing::Test::HasFailure()) {
      ASSERT_LT(now(), deadline) << "it is not over after an hour";
      expect_ready();
      sleep_until(deadline_in(kBetweenLooks));
    }
  }
  void look_at_one_that_takes_too_long() const {
    bool was_told = false;
    const TimePoint deadline = deadline_in(1h);
    while (!is_done("360") && !::testing::Test::HasFailure()) {
      ASSERT_LT(now(), deadline) << "it is not over after an hour";
      const std::optional<TimePoint> before = began();
      const Health health = look();
      const std::optional<TimePoint> after = began();
      const Duration lasts = after ? now() - *after : Duration::zero();
      if (health.is_consumption_ttl_exceeded) {
        was_told = true;
        EXPECT_TRUE(before) << "nothing runs";
        if (after) {
          EXPECT_GT(lasts, kLimits.consuming_ttl);
        }
      } else {
        EXPECT_LE(lasts, kLimits.consuming_ttl + kTickMost);
      }
      EXPECT_FALSE(health.is_polling_ttl_exceeded);
      sleep_until(deadline_in(kBetweenLooks));
    }
    EXPECT_TRUE(was_told);
    sleep_until(deadline_in(kBetweenLooks));
    expect_ready();
  }

  mock::InProcessKafka kafka_{{.nodes = 1}};
  std::optional<Server> server_;
  mutable Mutex mutex_{"test.probes", ranks::kLeaf};  // guards what follows
  std::optional<TimePoint> began_;                    // the run under way
  std::set<std::string> done_;                        // records, by their seconds
};

TEST(Probes, AskNobodyAndTellOfAConsumerThatHangs) {
  for (std::uint64_t seed = 1; seed <= kSeeds && !::testing::Test::HasFailure(); ++seed) {
    sim::Tape tape = sim::Tape::from_seed(seed);
    sim::RandomStrategy strategy(tape);
    sim::Scheduler scheduler({}, tape, strategy);
    const sim::RunResult result = scheduler.run([&] { Probes().run(); });
    if (result.failure) ADD_FAILURE() << result.failure->kind << ": " << result.failure->text;
    if (::testing::Test::HasFailure()) ADD_FAILURE() << "seed " << seed;
  }
}

}  // namespace
}  // namespace rookery
