// sending_cases.cc
//
// Batches on their way: compressed, repeated because no answer came, in order all the same.
#include <algorithm>
#include <atomic>
#include <string>

#include "simulations/contract/contract.h"

namespace rookery::contract {
namespace {

// A producer that compresses, a reader that does not know.
void comes_unchanged(Contract& test, const std::string& codec) {
  const std::string topic = test.make_topic("orders", 1);
  Reports reports;
  const auto producer =
      test.make_producer(reports, {{"compression.type", codec}, {"linger.ms", "50"}});
  ASSERT_NE(producer, nullptr);
  constexpr int kCount = 300;
  const auto value_of = [](int i) {
    // Long and repetitive, so that it is worth compressing; every tenth is not.
    std::string value = "value-" + std::to_string(i) + std::string(500, 'a' + i % 7);
    for (std::size_t j = 0; i % 10 == 0 && j < value.size(); ++j)
      value[j] = static_cast<char>((j * 131 + static_cast<std::size_t>(i) * 31) >> (j % 5));
    return value;
  };
  for (int i = 0; i < kCount; ++i) {
    const std::string key = "key-" + std::to_string(i);
    const std::string value = value_of(i);
    ASSERT_TRUE(producer->send({.topic = topic,
                                .key = key,
                                .value = value,
                                .headers = {{"codec", codec}, {"n", std::to_string(i)}},
                                .partition = 0},
                               i));
  }
  const Status closed = producer->close(deadline_in(kPatience));
  ASSERT_TRUE(closed) << closed.error().text();
  for (const Reported& report : reports.all()) ASSERT_FALSE(report.error) << report.error->text();
  Member& member = test.assigned({{{topic, 0}, kEarliestOffset}});
  ASSERT_TRUE(test.pump_until([&] { return member.records.size() >= kCount; }));
  ASSERT_EQ(member.records.size(), std::size_t{kCount});
  for (int i = 0; i < kCount; ++i) {
    const Seen& record = member.records[static_cast<std::size_t>(i)];
    ASSERT_EQ(record.offset, i);
    ASSERT_EQ(record.key.view(), "key-" + std::to_string(i));
    ASSERT_EQ(record.value.view(), value_of(i));
    ASSERT_EQ(record.headers.size(), 2U);
  }
  // The middle of a compressed batch is a place to start, too.
  Member& late = test.assigned({{{topic, 0}, 123}});
  ASSERT_TRUE(test.pump_until([&] { return late.records.size() == kCount - 123U; }));
  EXPECT_EQ(late.records.front().offset, 123);
  EXPECT_EQ(late.records.front().value.view(), value_of(123));
}

TEST_P(Contract, GzipBatchesComeUnchanged) {
  run([&] { comes_unchanged(*this, "gzip"); });
}
TEST_P(Contract, SnappyBatchesComeUnchanged) {
  run([&] { comes_unchanged(*this, "snappy"); });
}
TEST_P(Contract, Lz4BatchesComeUnchanged) {
  run([&] { comes_unchanged(*this, "lz4"); });
}
TEST_P(Contract, ZstdBatchesComeUnchanged) {
  run([&] { comes_unchanged(*this, "zstd"); });
}

TEST_P(Contract, ACompressionThatIsNoneIsNamed) {
  run([&] {
    Reports reports;
    const auto made = transport().make_producer(
        {.config = {{"compression.type", "squeeze"}}, .on_delivery = reports.handler()});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::kInvalidConfig);
    EXPECT_NE(made.error().message.find("compression.type"), std::string::npos)
        << made.error().text();
  });
}

void expect_once_in_order(Contract& test, const std::string& topic, std::size_t count) {
  Member& member = test.assigned({{{topic, 0}, kEarliestOffset}});
  ASSERT_TRUE(test.pump_until([&] { return member.records.size() >= count; }));
  ASSERT_TRUE(test.pump_while([&] { return member.records.size() == count; }, 500ms));
  for (std::size_t i = 0; i < count; ++i)
    ASSERT_EQ(member.records[i].value.view(), "v" + std::to_string(i));
}

// The broker writes, but its answer does not come in time: the producer must send again, and the
// broker must know what it has.
TEST_P(Contract, ABatchSentAgainIsWrittenOnce) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Reports reports;
    const auto producer =
        make_producer(reports, {{"request.timeout.ms", "1000"}, {"socket.timeout.ms", "1500"}});
    ASSERT_NE(producer, nullptr);
    std::size_t sent = 0;
    const auto send = [&](int count) {
      for (int i = 0; i < count; ++i, ++sent) {
        const std::string value = "v" + std::to_string(sent);
        ASSERT_TRUE(producer->send({.topic = topic, .value = value, .partition = 0}, sent));
      }
    };
    send(50);
    ASSERT_TRUE(producer->flush(deadline_in(kPatience)));
    for (int round = 0; round < 2; ++round) {
      leg().stop_answering();
      send(50);
      // Longer than both timeouts: the request is given up and made again.
      EXPECT_FALSE(producer->flush(deadline_in(3s)));
      leg().answer_again();
      send(50);
      const Status flushed = producer->flush(deadline_in(kPatience));
      ASSERT_TRUE(flushed) << flushed.error().text();
    }
    ASSERT_EQ(reports.size(), sent);
    for (const Reported& report : reports.all()) EXPECT_FALSE(report.error) << report.error->text();
    expect_once_in_order(*this, topic, sent);
  });
}

TEST_P(Contract, AHandlerCannotCloseItsProducer) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Reports reports;
    const DeliveryHandler remember = reports.handler();
    std::atomic<ProducerClient*> self{nullptr};
    auto producer = transport().make_producer(
        {.config = {{"linger.ms", "1"}}, .on_delivery = [&](std::span<const DeliveryReport> batch) {
           for (const Status& status :
                {self.load()->flush(deadline_in(1h)), self.load()->close(deadline_in(1h))}) {
             EXPECT_FALSE(status);
             if (!status) {
               EXPECT_EQ(status.error().code, ErrorCode::kState) << status.error().text();
             }
           }
           remember(batch);
         }});
    ASSERT_TRUE(producer) << producer.error().text();
    self = producer->get();
    for (int i = 0; i < 10; ++i)
      ASSERT_TRUE((*producer)->send({.topic = topic, .value = "v", .partition = 0}, i));
    ASSERT_TRUE((*producer)->flush(deadline_in(kPatience)));
    // It was not closed, and can be.
    ASSERT_TRUE((*producer)->send({.topic = topic, .value = "v", .partition = 0}, 10));
    const Status closed = (*producer)->close(deadline_in(kPatience));
    EXPECT_TRUE(closed) << closed.error().text();
    EXPECT_EQ(reports.size(), 11U);
  });
}

// Two producers take turns in one partition while its broker restarts: the order of each is kept.
TEST_P(Contract, TwoProducersKeepTheirOrderOverARestart) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    Reports reports;
    const std::unique_ptr<ProducerClient> producers[] = {make_producer(reports),
                                                         make_producer(reports)};
    constexpr int kEach = 200;
    for (int i = 0; i < kEach; ++i) {
      if (i == kEach / 2) leg().restart_node(leg().nodes().front());
      for (int p = 0; p < 2; ++p) {
        const std::string key = std::to_string(p);
        const std::string value = std::to_string(i);
        ASSERT_TRUE(producers[p]->send({.topic = topic, .key = key, .value = value, .partition = 0},
                                       i * 2 + p));
      }
    }
    for (const auto& producer : producers) {
      const Status closed = producer->close(deadline_in(kPatience));
      ASSERT_TRUE(closed) << closed.error().text();
    }
    Member& member = assigned({{{topic, 0}, kEarliestOffset}});
    ASSERT_TRUE(pump_until([&] { return member.records.size() >= 2U * kEach; }));
    ASSERT_EQ(member.records.size(), 2U * kEach);
    std::map<std::string, int> next;
    for (const Seen& record : member.records) {
      EXPECT_EQ(record.value.view(), std::to_string(next[std::string(record.key.view())]++));
    }
  });
}

}  // namespace
}  // namespace rookery::contract
