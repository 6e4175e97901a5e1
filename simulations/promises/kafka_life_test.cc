// kafka_life_test.cc
//
// A consumer's life on a real Apache Kafka: what it is told, in which order, and that work longer
// than max.poll.interval.ms keeps its partition.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/processing/server.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/testing/board.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "simulations/contract/kafka_leg.h"

namespace rookery {
namespace {

using namespace std::chrono_literals;
using fakes::Board;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Duration kPatience = 30s;
constexpr Duration kPollInterval = 10s;
constexpr Duration kLongWork = kPollInterval + 5s;  // librdkafka looks once a second

class Told final : public Consumer {
 public:
  explicit Told(Board* board) : board_(*board) {}
  void initialized() override { board_.note("life initialized"); }
  void eofed() override { board_.note("life eofed"); }
  void tick() override { board_.note("tick"); }
  void revoked() override { board_.note("life revoked"); }
  void shutdown() override { board_.note("life shutdown"); }
  void wrap(ConsumeAction& action) override {
    board_.note("life begin");
    action();
    board_.note("life commit");
  }

 private:
  void consume(const Record& record) override {
    board_.note("life " + record.value().str());
    EXPECT_GE(consumption_lag().value_or(-1h), -1s) << "brokers and we share a clock";
    EXPECT_LT(processing_lag(), kLongWork + kPatience);
    if (record.value().view() == "long") sleep_until(deadline_in(kLongWork));
  }
  Board& board_;
};

void wait_for(Board& board, const std::string& note, std::size_t count) {
  EXPECT_TRUE(board.wait_until(deadline_in(kPatience), [&] { return board.count(note) >= count; }))
      << "no " << note;
}

void produce(Transport& transport, const std::string& topic, const std::string& value) {
  const auto producer = transport.make_producer({.config = {}, .on_delivery = {}});
  ASSERT_TRUE(producer);
  ASSERT_TRUE((*producer)->send({.topic = topic, .value = value, .partition = 0}, 0));
  ASSERT_TRUE((*producer)->close(deadline_in(kPatience)));
}

TEST(KafkaLife, IsToldInOrderAndLongWorkKeepsItsPartition) {
  const std::unique_ptr<contract::Leg> leg = contract::kafka_leg().make();
  leg->run([&] {
    const std::unique_ptr<Transport> transport = leg->make_transport({});
    const std::string topic = leg->fresh_name("life");
    const auto admin = transport->make_admin({});
    ASSERT_TRUE(admin);
    ASSERT_TRUE((*admin)
                    ->create_topics({{.name = topic, .partitions = 1}}, deadline_in(kPatience))
                    .front());
    leg->await_topic(topic, 1);

    Board board;
    Monitor monitor;
    monitor.subscribe([&](const Event& event) {
      if (event.kind != EventKind::kCommitted) board.note(std::string("event ") + name(event.kind));
    });
    App app({.client_id = "life",
             .concurrency = 2,
             .kafka = {{"session.timeout.ms", "6000"},
                       {"heartbeat.interval.ms", "1000"},
                       {"max.poll.interval.ms", "10000"}}});
    app.group(leg->fresh_name("life"), {.commit_interval = 100ms, .revocation_grace = 2s})
        .topic(topic,
               {.consumer = consumer<Told>(&board), .consume_timeout = 4s, .tick_interval = 200ms});
    Server server(app, *transport, {.monitor = &monitor});
    ASSERT_TRUE(server.start());
    wait_for(board, "life eofed", 1);  // of the empty partition
    wait_for(board, "tick", 3);
    produce(*transport, topic, "long");
    wait_for(board, "life eofed", 2);
    produce(*transport, topic, "quick");
    wait_for(board, "life eofed", 3);
    server.stop();
    EXPECT_EQ(server.wait(), ExitCode::kClean);
    EXPECT_THAT(board.notes("life "),
                ElementsAre("initialized", "eofed", "begin", "long", "commit", "eofed", "begin",
                            "quick", "commit", "eofed", "shutdown"));
    EXPECT_THAT(board.notes("event partitions.assigned"), SizeIs(1)) << "nobody rebalanced";
    EXPECT_THAT(board.notes("event partitions.lost"), IsEmpty());
    EXPECT_THAT(board.notes("event error.occurred"), IsEmpty());
    EXPECT_THAT(board.notes("event consume.slow"), SizeIs(1));
    // Neither within the long work nor at once with anything else.
    const std::vector<std::string> all = board.notes();
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
      if (all[i] == "life begin") {
        EXPECT_TRUE(all[i + 1].starts_with("life ")) << all[i + 1];
      }
    }
  });
}

}  // namespace
}  // namespace rookery
