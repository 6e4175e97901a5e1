// long_work_test.cc
//
// The promise: long work needs no mode. A consume that takes longer than max.poll.interval.ms, and
// fails, and takes as long again, keeps its partition: nobody rebalances, other partitions go on,
// and the record is committed once (architecture.md, control thread).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/processing/server.h>
#include <rookery/producing/producer.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
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
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kOrders = "orders.v1";
constexpr int kPartitions = 4;
constexpr Duration kWork = 20min;
constexpr int kAttempts = 3;  // two of which throw at their end
constexpr std::uint64_t kSeeds = 5;

// Two servers of a group whose members are thrown out after 5 minutes without a poll.
class LongWork {
 public:
  explicit LongWork(bool is_waiting) : is_waiting_(is_waiting) {
    EXPECT_TRUE(kafka_.create_topic(kOrders, kPartitions));
    for (int i = 0; i < 2; ++i) {
      Member& member = members_.emplace_back();
      member.monitor.subscribe([this](const Event& event) { note(event); });
      member.server = std::make_unique<Server>(
          app(), kafka_.transport(),
          ServerOptions{.id = "server-" + std::to_string(i + 1), .monitor = &member.monitor});
      EXPECT_TRUE(member.server->start());
    }
  }

  void run() {
    sleep_until(deadline_in(1min));  // the group has settled
    const std::size_t assignments = notes("partitions.assigned").size();
    const std::size_t revocations = notes("partitions.revoked").size();
    produce("long", 0);
    for (int minute = 0; minute < 70; ++minute) {
      for (PartitionId other = 1; other < kPartitions; ++other) produce("quick", other);
      sleep_until(deadline_in(1min));
    }
    EXPECT_THAT(runs_["long"], SizeIs(kAttempts));
    EXPECT_THAT(runs_["quick"], SizeIs(70 * (kPartitions - 1)));
    EXPECT_LT(slowest_quick_, 10s);
    EXPECT_THAT(notes("partitions.assigned"), SizeIs(assignments)) << "nobody rebalanced";
    EXPECT_THAT(notes("partitions.revoked"), SizeIs(revocations));
    EXPECT_THAT(notes("partitions.lost"), IsEmpty());
    EXPECT_THAT(notes("error.occurred"), SizeIs(kAttempts - 1));
    EXPECT_THAT(notes("error.occurred"), Each(HasSubstr("interrupted")));
    EXPECT_THAT(notes("offsets.committed orders.v1-0 at 1"), SizeIs(1));
    EXPECT_THAT(notes("consume.slow"), SizeIs(kAttempts)) << "once for each run";
    for (Member& member : members_) {
      member.server->stop();
      EXPECT_EQ(member.server->wait(), ExitCode::kClean);
    }
    for (Thread& worker : workers_) worker.join_until(kNever);
    EXPECT_THAT(notes("offsets.committed orders.v1-0 at 1"), SizeIs(1));
  }

 private:
  struct Member {
    Monitor monitor;
    std::unique_ptr<Server> server;
  };

  App app() {
    App app({.client_id = "orders",
             .concurrency = 2,
             .kafka = {{"max.poll.interval.ms", "300000"}, {"session.timeout.ms", "45000"}}});
    TopicOptions options{.retry_backoff = RetryBackoff{.first = 1s, .jitter_percent = 0}};
    if (is_waiting_) {
      options.consumer =
          consumer([this](const Record& record, Completion completion, ConsumerContext& context) {
            const auto shared = std::make_shared<Completion>(std::move(completion));
            Thread worker("work", [this, &record, shared, attempt = context.attempt()] {
              try {
                work(record, attempt);
              } catch (...) {
                shared->fail(std::current_exception());
                return;
              }
              shared->done();
            });
            MutexLock lock(mutex_);
            workers_.push_back(std::move(worker));
          });
    } else {
      options.consumer = consumer([this](const Record& record, ConsumerContext& context) {
        work(record, context.attempt());
      });
    }
    app.group("orders").topic(kOrders, std::move(options));
    return app;
  }

  void work(const Record& record, int attempt) {
    const std::string kind = record.value().str();
    {
      MutexLock lock(mutex_);
      runs_[kind].push_back(attempt);
      if (kind == "quick") {
        slowest_quick_ = std::max<Duration>(slowest_quick_, wall_now() - record.timestamp());
      }
    }
    if (kind == "quick") return;
    sleep_until(deadline_in(kWork));
    if (attempt < kAttempts) throw std::runtime_error("interrupted");
  }

  void produce(const std::string& value, PartitionId partition) {
    if (!producer_) {
      Result<Producer> made = Producer::make(kafka_.transport(), {});
      ASSERT_TRUE(made);
      producer_.emplace(std::move(*made));
    }
    EXPECT_TRUE(producer_->send_sync({.topic = kOrders, .value = value, .partition = partition},
                                     deadline_in(10s)));
  }

  void note(const Event& event) {
    MutexLock lock(mutex_);
    notes_.push_back(std::string(name(event.kind)) + " " + event.message);
  }
  std::vector<std::string> notes(const std::string& prefix) {
    MutexLock lock(mutex_);
    std::vector<std::string> some;
    for (const std::string& one : notes_) {
      if (one.starts_with(prefix)) some.push_back(one);
    }
    return some;
  }

  const bool is_waiting_;
  mock::InProcessKafka kafka_{{.nodes = 3}};
  Mutex mutex_{"test.long_work", ranks::kLeaf};  // guards what follows
  std::map<std::string, std::vector<int>> runs_;
  Duration slowest_quick_{};
  std::vector<std::string> notes_;
  std::vector<Thread> workers_;
  std::optional<Producer> producer_;  // the test's
  std::deque<Member> members_;
};

void over_seeds(bool is_waiting) {
  for (std::uint64_t seed = 1; seed <= kSeeds && !::testing::Test::HasFailure(); ++seed) {
    sim::Tape tape = sim::Tape::from_seed(seed);
    sim::RandomStrategy strategy(tape);
    sim::Scheduler scheduler({}, tape, strategy);
    const sim::RunResult result = scheduler.run([is_waiting] { LongWork(is_waiting).run(); });
    if (result.failure) ADD_FAILURE() << result.failure->kind << ": " << result.failure->text;
    if (::testing::Test::HasFailure()) ADD_FAILURE() << "seed " << seed;
  }
}

TEST(LongWork, NeedsNoMode) { over_seeds(/*is_waiting=*/false); }
TEST(LongWork, NeedsNoModeWhereItIsFinishedLater) { over_seeds(/*is_waiting=*/true); }

}  // namespace
}  // namespace rookery
