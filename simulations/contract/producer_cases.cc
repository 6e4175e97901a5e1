// producer_cases.cc
//
// Every record sent ends in one report; partitions, limits, deadlines.
#include <rookery/base/murmur2.h>
#include <rookery/runtime/thread.h>

#include <algorithm>
#include <atomic>
#include <string>

#include "simulations/contract/contract.h"

namespace rookery::contract {
namespace {

constexpr Duration kSlack = 700ms;

// One report for each of these tokens; none is missing, none came twice.
void expect_one_report_each(const std::vector<Reported>& reports, std::size_t count) {
  std::set<DeliveryToken> tokens;
  for (const Reported& report : reports) {
    EXPECT_TRUE(tokens.insert(report.token).second)
        << "token " << report.token << " was reported twice";
    EXPECT_LT(report.token, count);
  }
  EXPECT_EQ(tokens.size(), count);
}

TEST_P(Contract, EverySendHasOneReportInOrder) {
  run([&] {
    const std::string topic = make_topic("orders", 3);
    Reports reports;
    const auto producer = make_producer(reports);
    constexpr int kCount = 3'000;
    for (int i = 0; i < kCount; ++i) {
      const std::string value = std::to_string(i);
      ASSERT_TRUE(producer->send({.topic = topic, .value = value, .partition = i % 3}, i));
    }
    const Status flushed = producer->flush(deadline_in(kPatience));
    ASSERT_TRUE(flushed) << flushed.error().text();
    const std::vector<Reported> all = reports.all();
    expect_one_report_each(all, kCount);
    // Per partition: reports, offsets and sends have the same order.
    std::map<PartitionId, std::pair<DeliveryToken, Offset>> next;
    for (PartitionId partition = 0; partition < 3; ++partition) next[partition] = {partition, 0};
    for (const Reported& report : all) {
      ASSERT_FALSE(report.error) << report.error->text();
      auto& [token, offset] = next.at(report.partition);
      EXPECT_EQ(report.token, token);
      EXPECT_EQ(report.offset, offset);
      token += 3;
      ++offset;
    }
    EXPECT_TRUE(producer->close(deadline_in(kPatience)));
  });
}

TEST_P(Contract, KeysChooseTheirPartitionAsInJava) {
  run([&] {
    constexpr std::int32_t kPartitions = 7;
    const std::string topic = make_topic("orders", kPartitions);
    Reports reports;
    const auto producer = make_producer(reports);
    std::vector<std::string> keys = {""};
    for (int i = 0; i < 199; ++i)
      keys.push_back("key-" + std::to_string(i * i) + std::string(i % 5, '\xe4'));
    for (std::size_t i = 0; i < keys.size(); ++i) {
      ASSERT_TRUE(producer->send({.topic = topic, .key = keys[i], .value = "v"}, i));
    }
    ASSERT_TRUE(producer->close(deadline_in(kPatience)));
    const std::vector<Reported> all = reports.all();
    expect_one_report_each(all, keys.size());
    for (const Reported& report : all) {
      EXPECT_EQ(report.partition, partition_of_key(keys[report.token], kPartitions))
          << keys[report.token];
    }
  });
}

TEST_P(Contract, RecordsWithoutAKeyGoSomewhere) {
  run([&] {
    const std::string topic = make_topic("orders", 3);
    Reports reports;
    const auto producer = make_producer(reports);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(producer->send({.topic = topic, .value = "v"}, i));
    ASSERT_TRUE(producer->close(deadline_in(kPatience)));
    const std::vector<Reported> all = reports.all();
    expect_one_report_each(all, 100);
    for (const Reported& report : all) {
      ASSERT_FALSE(report.error) << report.error->text();
      EXPECT_GE(report.partition, 0);
      EXPECT_LT(report.partition, 3);
    }
  });
}

TEST_P(Contract, AnUnknownTopicOrPartitionIsReported) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const std::string unknown = leg().fresh_name("unknown");
    Reports reports;
    const auto producer = make_producer(reports, {{"topic.metadata.propagation.max.ms", "1000"}});
    ASSERT_TRUE(producer->send({.topic = unknown, .value = "v"}, 0));
    ASSERT_TRUE(wait_until([&] { return reports.size() == 1; }, [] { return "no report"; }));
    ASSERT_TRUE(reports.all()[0].error);
    EXPECT_EQ(reports.all()[0].error->code, ErrorCode::kUnknownTopicOrPartition)
        << reports.all()[0].error->text();
    EXPECT_NE(reports.all()[0].error->message.find(unknown), std::string::npos)
        << reports.all()[0].error->text();
    EXPECT_EQ(reports.all()[0].offset, -1);
    // A partition the topic does not have: refused at once, or reported.
    const Status sent = producer->send({.topic = topic, .value = "v", .partition = 5}, 1);
    if (sent) {
      ASSERT_TRUE(wait_until([&] { return reports.size() == 2; }, [] { return "no report"; }));
      ASSERT_TRUE(reports.all()[1].error);
      EXPECT_EQ(reports.all()[1].error->code, ErrorCode::kUnknownTopicOrPartition);
    } else {
      EXPECT_EQ(sent.error().code, ErrorCode::kUnknownTopicOrPartition) << sent.error().text();
    }
  });
}

TEST_P(Contract, SendRefusesWhatCannotBe) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Reports reports;
    const auto producer = make_producer(reports, {{"message.max.bytes", "10000"}});
    const std::string large(20'000, 'x');
    const Status too_large = producer->send({.topic = topic, .value = large}, 0);
    ASSERT_FALSE(too_large);
    EXPECT_EQ(too_large.error().code, ErrorCode::kMessageTooLarge) << too_large.error().text();
    const Status too_large_with_header =
        producer->send({.topic = topic, .value = large, .headers = {{"h", "1"}}}, 0);
    ASSERT_FALSE(too_large_with_header);
    EXPECT_EQ(too_large_with_header.error().code, ErrorCode::kMessageTooLarge);
    const Status nowhere = producer->send({.topic = "", .value = "v"}, 0);
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().code, ErrorCode::kInvalidArgument);
    ASSERT_TRUE(producer->close(deadline_in(kPatience)));
    EXPECT_EQ(reports.size(), 0U);
    const Status closed = producer->send({.topic = topic, .value = "v"}, 0);
    ASSERT_FALSE(closed);
    EXPECT_EQ(closed.error().code, ErrorCode::kClosed);
    EXPECT_TRUE(producer->close(deadline_in(1s)));
  });
}

TEST_P(Contract, AFullQueueIsToldAndEmptiesAgain) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Reports reports;
    // Lingering keeps what was sent in the buffer until it is full, or a flush ends it.
    const auto producer =
        make_producer(reports, {{"queue.buffering.max.messages", "50"}, {"linger.ms", "60000"}});
    std::size_t sent = 0;
    Status status;
    while (sent <= 50 &&
           (status = producer->send({.topic = topic, .value = "v", .partition = 0}, sent)))
      ++sent;
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kQueueFull) << status.error().text();
    EXPECT_TRUE(status.error().retriable);
    EXPECT_EQ(sent, 50U);
    const auto queue = [&] { return producer->statistics().queue.value(); };
    EXPECT_EQ(queue().records, 50U);
    EXPECT_GE(queue().bytes, 50U);
    const Status flushed = producer->flush(deadline_in(kPatience));
    ASSERT_TRUE(flushed) << flushed.error().text();
    expect_one_report_each(reports.all(), 50);
    EXPECT_EQ(queue().records, 0U);
    EXPECT_EQ(queue().bytes, 0U);
    EXPECT_TRUE(producer->send({.topic = topic, .value = "v", .partition = 0}, 50));
    EXPECT_TRUE(producer->close(deadline_in(kPatience)));
    expect_one_report_each(reports.all(), 51);
  });
}

TEST_P(Contract, FlushKeepsItsDeadline) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Reports reports;
    const auto producer = make_producer(reports);
    ASSERT_TRUE(producer->send({.topic = topic, .value = "v", .partition = 0}, 0));
    ASSERT_TRUE(producer->flush(deadline_in(kPatience)));
    leg().stop_answering();
    for (int i = 1; i <= 7; ++i)
      ASSERT_TRUE(producer->send({.topic = topic, .value = "v", .partition = 0}, i));
    const TimePoint start = now();
    const Status flushed = producer->flush(deadline_in(500ms));
    EXPECT_LT(now() - start, 500ms + kSlack);
    ASSERT_FALSE(flushed);
    EXPECT_EQ(flushed.error().code, ErrorCode::kTimedOut);
    EXPECT_NE(flushed.error().message.find("7"), std::string::npos) << flushed.error().text();
    EXPECT_EQ(reports.size(), 1U);
    // They go on.
    leg().answer_again();
    const Status again = producer->flush(deadline_in(kPatience));
    EXPECT_TRUE(again) << again.error().text();
    expect_one_report_each(reports.all(), 8);
    for (const Reported& report : reports.all()) EXPECT_FALSE(report.error) << report.error->text();
  });
}

TEST_P(Contract, FlushWaitsOnlyForWhatWasSentBefore) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Reports reports;
    const auto producer = make_producer(reports);
    std::atomic<bool> is_stopping{false};
    std::atomic<DeliveryToken> sent{0};
    Thread sender("sender", [&] {
      while (!is_stopping) {
        const Status status = producer->send({.topic = topic, .value = "v", .partition = 0}, sent);
        if (status) ++sent;
        sleep_until(deadline_in(std::chrono::microseconds(200)));
      }
    });
    for (int i = 0; i < 10; ++i) {
      const std::size_t before = sent;
      const Status flushed = producer->flush(deadline_in(kPatience));
      EXPECT_TRUE(flushed) << flushed.error().text();
      EXPECT_GE(reports.size(), before);
    }
    is_stopping = true;
    sender.join();
    ASSERT_TRUE(producer->close(deadline_in(kPatience)));
    expect_one_report_each(reports.all(), sent);
  });
}

TEST_P(Contract, CloseReportsWhatIsNotAcknowledged) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Reports reports;
    const auto producer = make_producer(reports);
    ASSERT_TRUE(producer->send({.topic = topic, .value = "v", .partition = 0}, 0));
    ASSERT_TRUE(producer->flush(deadline_in(kPatience)));
    leg().stop_answering();
    for (int i = 1; i < 20; ++i)
      ASSERT_TRUE(producer->send({.topic = topic, .value = "v", .partition = 0}, i));
    const TimePoint start = now();
    const Status closed = producer->close(deadline_in(500ms));
    EXPECT_LT(now() - start, 500ms + kSlack);
    ASSERT_FALSE(closed);
    EXPECT_EQ(closed.error().code, ErrorCode::kTimedOut);
    const std::vector<Reported> all = reports.all();
    expect_one_report_each(all, 20);
    for (const Reported& report : all) {
      if (report.token == 0) continue;
      ASSERT_TRUE(report.error);
      EXPECT_EQ(report.error->code, ErrorCode::kTimedOut) << report.error->text();
    }
  });
}

TEST_P(Contract, AHandlerMaySend) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Reports reports;
    const DeliveryHandler remember = reports.handler();
    std::atomic<ProducerClient*> self{nullptr};
    auto producer = transport().make_producer(
        {.config = {{"linger.ms", "1"}}, .on_delivery = [&](std::span<const DeliveryReport> batch) {
           remember(batch);
           for (const DeliveryReport& report : batch) {
             if (report.token >= 10) continue;
             EXPECT_TRUE(self.load()->send({.topic = topic, .value = "v", .partition = 0},
                                           report.token + 1));
           }
         }});
    ASSERT_TRUE(producer) << producer.error().text();
    self = producer->get();
    ASSERT_TRUE((*producer)->send({.topic = topic, .value = "v", .partition = 0}, 0));
    ASSERT_TRUE(wait_until([&] { return reports.size() == 11; },
                           [&] { return std::to_string(reports.size()) + " reports"; }));
    ASSERT_TRUE((*producer)->close(deadline_in(kPatience)));
    expect_one_report_each(reports.all(), 11);
  });
}

TEST_P(Contract, ABrokerRestartWritesEachRecordOnce) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Reports reports;
    const auto producer = make_producer(reports);
    std::atomic<bool> is_restarted{false};
    Thread restarter("restarter", [&] {
      leg().restart_node(leg().nodes().front());
      is_restarted = true;
    });
    std::size_t sent = 0;
    ASSERT_TRUE(wait_until(
        [&] {
          const std::string value = "v" + std::to_string(sent);
          if (producer->send({.topic = topic, .value = value, .partition = 0}, sent)) ++sent;
          return is_restarted && sent >= 500;
        },
        [&] { return std::to_string(sent) + " sent"; }, 90s));
    restarter.join();
    const Status closed = producer->close(deadline_in(60s));
    ASSERT_TRUE(closed) << closed.error().text();
    const std::vector<Reported> all = reports.all();
    expect_one_report_each(all, sent);
    for (const Reported& report : all) ASSERT_FALSE(report.error) << report.error->text();
    Member& member = assigned({{{topic, 0}, kEarliestOffset}});
    ASSERT_TRUE(pump_until([&] { return member.records.size() >= sent; }));
    ASSERT_EQ(member.records.size(), sent);
    for (std::size_t i = 0; i < sent; ++i)
      ASSERT_EQ(member.records[i].value.view(), "v" + std::to_string(i));
  });
}

}  // namespace
}  // namespace rookery::contract
