// fair_turns_test.cc
//
// The promise: no lane starves another. Where more lanes than workers have something to do, they
// share the workers by turns; so do partitions in their order (semantics.md, section 1).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/processing/server.h>
#include <rookery/producing/producer.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mockbroker/transport/in_process_kafka.h"
#include "simulations/scheduler/scheduler.h"
#include "simulations/scheduler/strategies.h"
#include "simulations/scheduler/tape.h"

namespace rookery {
namespace {

using namespace std::chrono_literals;

constexpr const char* kOrders = "orders.v1";
constexpr int kLanes = 6;
constexpr unsigned kWorkers = 2;
constexpr int kRecords = 40;  // of each lane
constexpr Duration kWork = 3ms;
// A lane has its next turn when each of the others that wait has had one; the first to get
// something may be somewhat ahead.
constexpr int kMostAhead = 5;
constexpr std::uint64_t kSeeds = 10;

// One lane for each key, all of one partition; or for each partition.
class FairTurns {
 public:
  explicit FairTurns(Ordering ordering) : ordering_(ordering) {}

  void run() {
    const bool is_by_key = ordering_.kind == Ordering::Kind::kKey;
    ASSERT_TRUE(kafka_.create_topic(kOrders, is_by_key ? 1 : kLanes));
    Result<Producer> producer = Producer::make(kafka_.transport(), {});
    ASSERT_TRUE(producer);
    for (int number = 0; number < kRecords; ++number) {
      for (int lane = 0; lane < kLanes; ++lane) {
        ASSERT_TRUE(producer->send_sync({.topic = kOrders,
                                         .key = std::to_string(lane),
                                         .value = "work",
                                         .partition = is_by_key ? 0 : lane},
                                        deadline_in(10s)));
      }
    }
    App app({.client_id = "orders", .concurrency = kWorkers});
    app.group("orders").topic(kOrders,
                              {.consumer = consumer([this](const Record& record) { work(record); }),
                               .ordering = ordering_});
    Server server(app, kafka_.transport());
    ASSERT_TRUE(server.start());
    sleep_until(deadline_in(1min));
    server.stop();
    EXPECT_EQ(server.wait(), ExitCode::kClean);
    EXPECT_EQ(begun_.size(), std::size_t{kLanes});
    for (const auto& [lane, count] : begun_) EXPECT_EQ(count, kRecords) << "lane " << lane;
    EXPECT_LE(most_ahead_, kMostAhead) << "records, of a lane before another that had work";
  }

 private:
  void work(const Record& record) {
    {
      MutexLock lock(mutex_);
      ++begun_[std::string(record.key().view())];
      int least = begun_.size() < kLanes ? 0 : kRecords;
      int most = 0;
      for (const auto& [lane, count] : begun_) {
        least = std::min(least, count);
        most = std::max(most, count);
      }
      most_ahead_ = std::max(most_ahead_, most - least);
    }
    sleep_until(deadline_in(kWork));
  }

  const Ordering ordering_;
  mock::InProcessKafka kafka_{{.nodes = 1}};
  Mutex mutex_{"test.fair_turns", ranks::kLeaf};  // guards what follows
  std::map<std::string, int> begun_;              // records of each lane
  int most_ahead_ = 0;
};

void over_seeds(const Ordering& ordering) {
  for (std::uint64_t seed = 1; seed <= kSeeds && !::testing::Test::HasFailure(); ++seed) {
    sim::Tape tape = sim::Tape::from_seed(seed);
    sim::RandomStrategy strategy(tape);
    sim::Scheduler scheduler({}, tape, strategy);
    const sim::RunResult result = scheduler.run([&] { FairTurns(ordering).run(); });
    if (result.failure) ADD_FAILURE() << result.failure->kind << ": " << result.failure->text;
    if (::testing::Test::HasFailure()) ADD_FAILURE() << "seed " << seed;
  }
}

TEST(FairTurns, OfKeys) { over_seeds(by_key()); }
TEST(FairTurns, OfPartitions) { over_seeds(in_partition()); }

}  // namespace
}  // namespace rookery
