// metrics_test.cc
//
// What is told of a server that works, fails, is revoked and ends.
#include <rookery/health/metrics.h>
#include <rookery/processing/testing/harness.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using fakes::Board;
using fakes::FakeGroup;
using fakes::FakeStream;
using fakes::kPartition;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kOfPartition = R"({group="billing",topic="orders",partition="0"} )";
const std::string kOfGroup = R"({group="billing"} )";
const std::string kOfTopic = R"({group="billing",topic="orders"} )";

// A server of one topic, measured.
class Measured {
 public:
  Measured(Board& board, ConsumerFactory consumer) : transport_(board) {
    fakes::write_events(monitor_, board);
    metrics_ = std::make_unique<Metrics>(monitor_);
    App app({.client_id = "billing"});
    app.group("billing", {.commit_interval = 5ms, .revocation_grace = 15s})
        .topic("orders", {.consumer = std::move(consumer),
                          .retry_backoff = RetryBackoff{.first = 1ms, .max = 1ms}});
    server_ = std::make_unique<Server>(
        std::move(app), transport_,
        ServerOptions{.id = "server-1", .monitor = &monitor_, .run_times = &metrics_->run_times()});
  }

  std::shared_ptr<FakeStream> start() {
    const Status started = server_->start();
    EXPECT_TRUE(started) << started.error().text();
    return group().assign(kPartition);
  }
  ExitCode stop() {
    server_->stop();
    return server_->wait();
  }
  fakes::FakeTransport& transport() { return transport_; }
  FakeGroup& group() { return transport_.group("billing"); }
  std::string text() const { return metrics_->text(*server_); }
  void wait_for(const std::string& line) const {
    const TimePoint deadline = deadline_in(20s);
    std::string last = text();
    while (last.find(line) == std::string::npos && now() < deadline) last = text();
    EXPECT_THAT(last, HasSubstr(line));
  }

 private:
  fakes::FakeTransport transport_;
  Monitor monitor_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Server> server_;
};

TEST(Metrics, FollowAPartition) {
  Board board;
  bool may_end = false;
  Measured measured(board, consumer([&](const Record&) {
                      board.note("begun");
                      board.wait_for("leave to end", [&] { return may_end; });
                    }));
  EXPECT_THAT(measured.text(), AllOf(HasSubstr("rookery_server_running 0\n"),
                                     Not(HasSubstr("rookery_records_consumed_total")),
                                     Not(HasSubstr("rookery_partition"))));
  const auto stream = measured.start();
  stream->push_together(std::vector<FakeStream::Content>(5));
  board.wait_for_notes("begun");
  measured.wait_for("rookery_assignments_total" + kOfGroup + "1\n");
  EXPECT_THAT(measured.text(),
              AllOf(HasSubstr("rookery_server_running 1\n"),
                    HasSubstr("rookery_partitions_owned{group=\"billing\"} 1\n"),
                    HasSubstr("rookery_partition_log_end_offset" + kOfPartition + "5\n"),
                    HasSubstr("rookery_partition_window_records" + kOfPartition + "5\n"),
                    HasSubstr("rookery_partition_busy_lanes" + kOfPartition + "1\n"),
                    HasSubstr("rookery_dead_letters_total" + kOfTopic + "0\n")));
  std::size_t takes = 0;
  board.change([&] {
    may_end = true;
    takes = stream->takes;
    stream->lose_hints_locked(true);
  });
  measured.wait_for("rookery_partition_committed_offset" + kOfPartition + "5\n");
  measured.wait_for("rookery_records_consumed_total" + kOfTopic + "5\n");
  measured.wait_for("rookery_partition_busy_lanes" + kOfPartition + "0\n");
  EXPECT_THAT(measured.text(),
              AllOf(HasSubstr("# TYPE rookery_partition_lag_records gauge\n"),
                    HasSubstr("rookery_partition_lag_records" + kOfPartition + "0\n"),
                    HasSubstr("rookery_partition_done_offset" + kOfPartition + "5\n"),
                    HasSubstr("rookery_partition_window_records" + kOfPartition + "0\n")));
  // Records that nobody has taken yet are lag: it looks once after the last, and then waits for a
  // hint.
  board.wait_for("it to find nothing", [&] { return stream->takes > takes; });
  stream->push(7);
  EXPECT_THAT(measured.text(), HasSubstr("rookery_partition_lag_records" + kOfPartition + "7\n"));
  // What was revoked is not told any more; counters stay.
  measured.group().wait_for_hand_back(measured.group().revoke({stream}));
  measured.wait_for("rookery_revocations_total" + kOfGroup + "1\n");
  EXPECT_THAT(measured.text(),
              AllOf(Not(HasSubstr("rookery_partition_")),
                    HasSubstr("rookery_partitions_owned{group=\"billing\"} 0\n"),
                    HasSubstr("rookery_records_consumed_total" + kOfTopic + "5\n")));
  EXPECT_EQ(measured.stop(), ExitCode::kClean);
  EXPECT_THAT(measured.text(), HasSubstr("rookery_server_running 0\n"));
}

TEST(Metrics, WhatIsLostIsNotTold) {
  Board board;
  bool may_end = false;
  Measured measured(board, consumer([&](const Record&) {
                      board.note("begun");
                      board.wait_for("leave to end", [&] { return may_end; });
                    }));
  const auto stream = measured.start();
  stream->push(1);
  board.wait_for_notes("begun");
  measured.group().wait_for_hand_back(measured.group().revoke({stream}, /*is_lost=*/true));
  measured.wait_for("rookery_losses_total" + kOfGroup + "1\n");
  EXPECT_THAT(measured.text(), Not(HasSubstr("rookery_partition_")));
  // Owned again, while the old run goes on: there is one of it.
  measured.group().assign(kPartition);
  measured.wait_for("rookery_partition_log_end_offset" + kOfPartition);
  EXPECT_THAT(measured.text(),
              AllOf(HasSubstr("rookery_partitions_owned{group=\"billing\"} 1\n"),
                    HasSubstr("rookery_partition_busy_lanes" + kOfPartition + "0\n"),
                    Not(HasSubstr("rookery_partition_busy_lanes" + kOfPartition + "1\n"))));
  board.change([&] { may_end = true; });
  EXPECT_EQ(measured.stop(), ExitCode::kClean);
}

TEST(Metrics, CountWhatWentWrongAndHowLongRunsLast) {
  Board board;
  int failures = 2;  // the board's
  Measured measured(board, consumer([&](const Record&) {
                      bool fails = false;
                      board.change([&] { fails = failures-- > 0; });
                      if (fails) throw std::runtime_error("no");
                    }));
  measured.start()->push(1);
  measured.group().wait_for_commit(kPartition, 1);
  EXPECT_EQ(measured.stop(), ExitCode::kClean);
  EXPECT_THAT(
      measured.text(),
      AllOf(HasSubstr(R"(rookery_errors_total{group="billing",type="consume"} 2)"),
            HasSubstr("rookery_retries_total" + kOfTopic + "2\n"),
            HasSubstr("# TYPE rookery_consume_duration_seconds histogram\n"),
            HasSubstr("rookery_consume_duration_seconds_count" + kOfTopic + "3\n"),
            HasSubstr(R"(rookery_consume_duration_seconds_bucket{group="billing",topic="orders",)"
                      R"(le="+Inf"} 3)"),
            HasSubstr("rookery_processing_lag_seconds_count" + kOfTopic + "3\n")));
}

TEST(Metrics, TellOfTheProducersQueueAndOfBrokers) {
  Board board;
  Measured measured(board, consumer([](const Record&) {}));
  FakeGroup& group = measured.group();
  board.change([&] {
    measured.transport().producer.statistics.brokers = {{.node = 3, .is_connected = true}};
    group.statistics.brokers = {{.node = 3,
                                 .round_trips = ClientStatistics::RoundTrips{
                                     .count = 4, .sum = 10ms, .median = 2ms, .p99 = 5ms}}};
  });
  measured.start();
  const std::string of_consumer = R"(client="consumer",group="billing",node="3")";
  measured.wait_for("rookery_broker_connected{" + of_consumer + "} 0\n");
  EXPECT_THAT(measured.text(),
              AllOf(HasSubstr(R"(rookery_broker_connected{client="producer",group="",node="3"} 1)"),
                    HasSubstr("# TYPE rookery_broker_round_trip_seconds summary\n"),
                    HasSubstr("rookery_broker_round_trip_seconds_count{" + of_consumer + "} 4\n"),
                    HasSubstr("rookery_broker_round_trip_seconds_sum{" + of_consumer + "} 0.01"),
                    HasSubstr("rookery_broker_round_trip_seconds{" + of_consumer +
                              ",quantile=\"0.99\"} 0.005"),
                    HasSubstr("rookery_producer_queue_records 0\n"),
                    HasSubstr("rookery_producer_queue_bytes 0\n")));
  EXPECT_EQ(measured.stop(), ExitCode::kClean);
  EXPECT_THAT(measured.text(), Not(HasSubstr(R"(client="consumer")"))) << "it has left its group";
}

class Invoices final : public Consumer {
  void consume(const Record&) override {
    producer().send({.topic = "invoices", .key = "12", .value = "345"});
  }
};

TEST(Metrics, OutputsAreQueuedUntilTheyAreAcknowledged) {
  Board board;
  Measured measured(board, consumer<Invoices>());
  board.change([&] { measured.transport().producer.acknowledges = false; });
  measured.start()->push(2);
  measured.wait_for("rookery_producer_queue_records 2\n");
  EXPECT_THAT(measured.text(), HasSubstr("rookery_producer_queue_bytes 10\n"));
  acknowledge_all(board, measured.transport().producer);
  measured.wait_for("rookery_producer_queue_records 0\n");
  EXPECT_THAT(measured.text(), HasSubstr("rookery_producer_queue_bytes 0\n"));
  EXPECT_EQ(measured.stop(), ExitCode::kClean);
}

TEST(Metrics, AHistogramCountsByItsBounds) {
  DurationHistogram histogram;
  const std::vector<DurationHistogram::Seconds> durations = {100us, 101us, 5ms, 11min, -1s};
  for (const auto duration : durations) histogram.observe(duration);
  const DurationHistogram::Snapshot snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.counts[0], 2U) << "at the bound; and what a clock that was set back makes";
  EXPECT_EQ(snapshot.counts[1], 1U);
  EXPECT_EQ(snapshot.counts[3], 1U);
  EXPECT_EQ(snapshot.counts[16], 1U);
  EXPECT_EQ(snapshot.count(), durations.size());
  EXPECT_NEAR(snapshot.sum, 660.005201, 1e-6);
  histogram.observe(std::chrono::hours(24 * 365 * 1'000));  // more than fits into nanoseconds
  EXPECT_EQ(histogram.snapshot().counts.back(), 1U);
  EXPECT_NEAR(histogram.snapshot().sum, 31'536'000'660.0, 1);
}

}  // namespace
}  // namespace rookery
