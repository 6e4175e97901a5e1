// stress_test.cc
//
// A program like examples/archive on the in-process Kafka and real threads: records are produced
// and consumed, while servers come and go and brokers are killed and started. Nothing may be lost,
// and everything must end.
#include <gtest/gtest.h>
#include <rookery/processing/server.h>
#include <rookery/producing/producer.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/time.h>

#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "mockbroker/cluster/inspection.h"
#include "mockbroker/transport/in_process_kafka.h"
#include "simulations/stop/watchdog.h"

namespace rookery {
namespace {

using namespace std::chrono_literals;

constexpr int kNodes = 3;
constexpr std::int32_t kPartitions = 6;
constexpr int kRounds = 6;
constexpr int kRecordsARound = 600;
constexpr std::size_t kRecords = std::size_t{kRounds} * kRecordsARound;
constexpr std::size_t kServersMost = 3;

// Which records some consumer has met.
class Ledger {
 public:
  void met(std::string value) {
    MutexLock lock(mutex_);
    ++consumed_;
    met_.insert(std::move(value));
    changed_.notify_all();
  }
  void wait_until_met(std::size_t count) {
    MutexLock lock(mutex_);
    changed_.wait_until(lock, kNever, [&] { return met_.size() >= count; });
  }
  std::size_t consumed() const {
    MutexLock lock(mutex_);
    return consumed_;
  }

 private:
  mutable Mutex mutex_{"stress.ledger", ranks::kLeaf};
  ConditionVariable changed_{"stress.changed"};
  std::set<std::string> met_;
  std::size_t consumed_ = 0;
};

class Archivist final : public Consumer {
 public:
  explicit Archivist(Ledger* ledger) : ledger_(ledger) {}

 private:
  void consume(const Record& record) override {
    producer().send({.topic = "archive", .key = record.key(), .value = record.value()});
    ledger_->met(std::string(record.value().view()));
  }
  Ledger* const ledger_;
};

App archive(Ledger& ledger) {
  App app({.client_id = "archive",
           .concurrency = 3U,
           .kafka = {{"session.timeout.ms", "10000"},
                     {"heartbeat.interval.ms", "100"},
                     {"fetch.wait.max.ms", "50"}},
           .defaults = {.commit_interval = 50ms, .revocation_grace = 5s}});
  app.group("archive").topic("orders", {.consumer = consumer<Archivist>(&ledger)});
  return app;
}

// The servers that run now, oldest first.
class Fleet {
 public:
  Fleet(mock::InProcessKafka& kafka, Ledger& ledger) : kafka_(kafka), ledger_(ledger) {}
  ~Fleet() {
    while (!servers_.empty()) end_oldest();
  }
  void start_one() {
    servers_.push_back(std::make_unique<Server>(archive(ledger_), kafka_.transport()));
    const Status started = servers_.back()->start();
    EXPECT_TRUE(started) << started.error().text();
  }
  ExitCode end_oldest() {
    servers_.front()->stop();
    const ExitCode code = servers_.front()->wait();
    servers_.pop_front();
    return code;
  }
  std::size_t size() const { return servers_.size(); }

 private:
  mock::InProcessKafka& kafka_;
  Ledger& ledger_;
  std::deque<std::unique_ptr<Server>> servers_;
};

// All of a topic's values, each as often as it stands there.
std::map<std::string, int> values_of(mock::InProcessKafka& kafka, const std::string& topic) {
  std::map<std::string, int> values;
  kafka.with_cluster([&](mock::Cluster& cluster, TimePoint, WallTime) {
    for (PartitionId i = 0; i < kPartitions; ++i)
      for (const mock::StoredRecord& record : cluster.inspect().records({topic, i}))
        ++values[std::string(record.value.view())];
  });
  return values;
}

TEST(Stress, NothingIsLostWhileServersAndBrokersComeAndGo) {
  const stopping::Watchdog watchdog("the stress test", 240s);
  mock::InProcessKafka kafka({.nodes = kNodes});
  for (const char* topic : {"orders", "archive"})
    ASSERT_TRUE(kafka.create_topic(topic, kPartitions));
  Ledger ledger;
  Fleet fleet(kafka, ledger);
  fleet.start_one();

  auto producer = Producer::make(kafka.transport(), {{"client.id", "feeder"}});
  ASSERT_TRUE(producer) << producer.error().text();
  std::size_t sent = 0;
  const auto feed = [&](int count) {
    for (int i = 0; i < count; ++i, ++sent) {
      const std::string value = std::to_string(sent);
      const Status status = producer->send({.topic = "orders", .key = value, .value = value});
      ASSERT_TRUE(status) << status.error().text();
    }
  };
  for (int round = 0; round < kRounds; ++round) {
    const NodeId node = round % kNodes;
    const auto mode = round % 2 == 0 ? mock::StopMode::kCrash : mock::StopMode::kControlled;
    // Nothing waits for what was sent: it is under way while all this happens.
    feed(kRecordsARound / 2);
    EXPECT_TRUE(kafka.stop_node(node, mode));
    feed(kRecordsARound / 2);
    fleet.start_one();
    if (fleet.size() > kServersMost) static_cast<void>(fleet.end_oldest());
    EXPECT_TRUE(kafka.start_node(node));
    // The group gets somewhere in each round.
    ledger.wait_until_met(sent / 2);
  }
  const Status closed = producer->close(deadline_in(120s));
  EXPECT_TRUE(closed) << closed.error().text();
  EXPECT_EQ(producer->acknowledged(), kRecords);
  ledger.wait_until_met(kRecords);
  while (fleet.size() > 1) EXPECT_EQ(fleet.end_oldest(), ExitCode::kClean);
  EXPECT_EQ(fleet.end_oldest(), ExitCode::kClean);

  const std::map<std::string, int> orders = values_of(kafka, "orders");
  EXPECT_EQ(orders.size(), kRecords);
  for (const auto& [value, count] : orders) EXPECT_EQ(count, 1) << value << ": written once";
  EXPECT_EQ(values_of(kafka, "archive").size(), kRecords) << "each has its output";
  // The last server left with everything committed.
  kafka.with_cluster([&](mock::Cluster& cluster, TimePoint, WallTime) {
    for (PartitionId i = 0; i < kPartitions; ++i) {
      const TopicPartition partition{"orders", i};
      const auto committed = cluster.inspect().committed("archive", partition);
      ASSERT_TRUE(committed) << partition.text();
      EXPECT_EQ(committed->offset, cluster.inspect().high_watermark(partition));
    }
  });
  std::printf("%zu records, %zu consumed, %d nodes stopped, %d servers\n", kRecords,
              ledger.consumed(), kRounds, kRounds + 1);
}

}  // namespace
}  // namespace rookery
