// client_statistics_test.cc
//
// What clients know of their queue and their brokers, and what is read from librdkafka's
// statistics.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/time.h>
#include <rookery/transport/librdkafka/known_brokers.h>
#include <rookery/transport/librdkafka/statistics.h>
#include <rookery/transport/librdkafka/transport.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace rookery::librdkafka {
namespace {

using namespace std::chrono_literals;

TEST(KnownBrokers, TheConnectionByWhichOneWasFoundIsItsOwn) {
  KnownBrokers brokers;
  brokers.note_state(-1, "kafka", 9092, "UP");
  EXPECT_EQ(brokers.text(), " host=kafka port=9092 state=connected");
  brokers.note_state(1, "kafka", 9092, "UP");
  EXPECT_EQ(brokers.text(), " node_id=1 host=kafka port=9092 state=connected");
  EXPECT_TRUE(brokers.is_any_connected());
  brokers.note_state(1, "kafka", 9092, "DOWN");
  EXPECT_EQ(brokers.text(), " node_id=1 host=kafka port=9092 state=disconnected");
  EXPECT_FALSE(brokers.is_any_connected());
  EXPECT_EQ(brokers.losses(), 1U);
}

TEST(Statistics, TellWhetherAJoinIsUnderWay) {
  const auto with = [](const std::string& state) {
    return membership_in(
        "{ \"name\": \"x\", \"ts\":5000, \"time\": 1, \"topics\": { \"cgrp\": {} }, "
        "\"cgrp\": { \"state\": \"up\", \"join_state\": \"" +
        state + "\", \"rebalance_age\": 3 } }");
  };
  EXPECT_TRUE(with("steady").is_steady);
  EXPECT_FALSE(with("wait-join").is_steady);
  EXPECT_FALSE(with("init").is_steady);
  EXPECT_EQ(with("steady").at, TimePoint(5ms));
  EXPECT_FALSE(membership_in("{}").is_steady);
  EXPECT_FALSE(membership_in("").is_steady);
}

// As librdkafka writes it, shortened.
TEST(Statistics, TellNodesAndTheirRoundTrips) {
  const auto broker = [](int node, const std::string& window,
                         const std::string& source = "learned") {
    return "\"host:9092/" + std::to_string(node) +
           "\": { \"name\":\"host:9092\", \"nodeid\":" + std::to_string(node) + ", \"source\":\"" +
           source + "\", \"int_latency\": { \"p50\":9, \"cnt\":9 }, \"rtt\": { " + window +
           " }, \"throttle\": { \"sum\":7, \"cnt\":7 }, \"toppars\": {} }";
  };
  const auto seen =
      nodes_in("{ \"name\": \"x\", \"ts\":5000, \"brokers\":{ " +
               broker(-1, R"("sum":5, "p50":5, "p99":5, "cnt":1)") + "," +
               broker(2, R"("min":1000, "sum":6000, "p50":1500, "p99":4000, "cnt":3)") + "," +
               broker(2, R"("sum":9000000, "p50":9000000, "p99":9000000, "cnt":9)", "logical") +
               "," + broker(3, R"("sum":0, "p50":0, "p99":0, "cnt":0)") +
               "}, \"topics\":{ \"a\": { \"nodeid\":4, \"rtt\": { \"sum\":1, \"cnt\":1 } } } }");
  ASSERT_TRUE(seen);
  ASSERT_EQ(seen->size(), 2U);
  ASSERT_TRUE(seen->at(2));
  EXPECT_EQ(seen->at(2)->count, 3U);
  EXPECT_EQ(seen->at(2)->sum, 6ms);
  EXPECT_EQ(seen->at(2)->median, 1500us);
  EXPECT_EQ(seen->at(2)->p99, 4ms);
  EXPECT_FALSE(seen->at(3)) << "it was asked nothing";
  EXPECT_FALSE(nodes_in("{}"));
  EXPECT_TRUE(nodes_in("{ \"brokers\":{ }, \"topics\":{ } }")->empty());
  const auto cut = nodes_in("{ \"brokers\":{ \"x\": { \"nodeid\":1, \"rtt\":");
  EXPECT_FALSE(cut->at(1));
}

// As librdkafka does from 2.10 on with brokers that the metadata no longer has.
TEST(Statistics, ABrokerThatTheyNoLongerListIsForgotten) {
  const auto listing = [](const std::vector<int>& nodes) {
    std::string json = "{ \"brokers\":{ ";
    for (const int node : nodes) {
      json += "\"x\": { \"nodeid\":" + std::to_string(node) +
              ", \"rtt\": { \"sum\":6000, \"p50\":1000, \"p99\":4000, \"cnt\":3 } }, ";
    }
    return json + "}, \"topics\":{} }";
  };
  KnownBrokers brokers;
  const auto nodes = [&brokers] {
    std::vector<std::int32_t> told;
    for (const auto& broker : brokers.statistics().brokers) told.push_back(broker.node);
    return told;
  };
  brokers.note_state(-1, "bootstrap", 9092, "DOWN");
  for (const std::int32_t node : {1, 2, 3}) brokers.note_state(node, "kafka", 9092, "UP");
  brokers.note_statistics(listing({1, 2, 3}), true);
  brokers.note_state(2, "kafka", 9092, "DOWN");
  brokers.note_statistics(listing({1, 2, 3}), true);
  EXPECT_THAT(nodes(), ::testing::ElementsAre(1, 2, 3)) << "down, not gone";
  EXPECT_FALSE(brokers.statistics().brokers[1].is_connected);
  EXPECT_EQ(brokers.statistics().brokers[1].round_trips->count, 6U);
  brokers.note_statistics("{}", true);
  EXPECT_THAT(nodes(), ::testing::ElementsAre(1, 2, 3)) << "nothing is told of brokers";
  brokers.note_statistics(listing({1}), true);
  EXPECT_THAT(nodes(), ::testing::ElementsAre(1, 3)) << "connected: it came after the statistics";
  brokers.note_state(3, "kafka", 9092, "DOWN");
  brokers.note_statistics(listing({1}), true);
  EXPECT_THAT(nodes(), ::testing::ElementsAre(1));
  // Back again, it is counted anew.
  brokers.note_state(2, "kafka", 9092, "UP");
  brokers.note_statistics(listing({1, 2}), false);
  EXPECT_FALSE(brokers.statistics().brokers[1].round_trips) << "none are asked for";
  brokers.note_statistics(listing({1, 2}), true);
  EXPECT_EQ(brokers.statistics().brokers[1].round_trips->count, 3U);
}

// Brokers in librdkafka's own process.
TEST(Statistics, AProducerKnowsItsQueueAndItsBrokers) {
  const auto transport = make_librdkafka_transport({{"bootstrap.servers", "127.0.0.1:1"},
                                                    {"test.mock.num.brokers", "2"},
                                                    {"statistics.interval.ms", "20"}});
  auto producer = transport->make_producer({.config = {{"linger.ms", "60000"}}});
  ASSERT_TRUE(producer) << producer.error().text();
  OutgoingRecord record{.topic = "orders", .key = "12", .value = "345"};
  ASSERT_TRUE((*producer)->send(record, 1));
  ASSERT_TRUE((*producer)->send(record, 2));
  const auto queue = (*producer)->statistics().queue;
  ASSERT_TRUE(queue);
  EXPECT_EQ(queue->records, 2U);
  EXPECT_EQ(queue->bytes, 10U);
  EXPECT_FALSE((*producer)->send({.topic = ""}, 3)) << "not counted";
  const Status flushed = (*producer)->flush(deadline_in(30s));
  ASSERT_TRUE(flushed) << flushed.error().text();
  const TimePoint deadline = deadline_in(30s);
  std::uint64_t round_trips = 0;
  std::size_t connected = 0;
  while ((round_trips == 0 || connected == 0) && now() < deadline) {
    round_trips = connected = 0;
    for (const auto& broker : (*producer)->statistics().brokers) {
      EXPECT_GE(broker.node, 1);
      EXPECT_LE(broker.node, 2);
      connected += broker.is_connected ? 1 : 0;
      if (broker.round_trips) {
        round_trips += broker.round_trips->count;
        EXPECT_GT(broker.round_trips->sum, Duration::zero());
        EXPECT_LE(broker.round_trips->median, broker.round_trips->p99);
      }
    }
  }
  EXPECT_GT(round_trips, 0U);
  EXPECT_GT(connected, 0U);
  EXPECT_EQ((*producer)->statistics().queue->records, 0U);
  EXPECT_EQ((*producer)->statistics().queue->bytes, 0U);
}

// Its group has no broker to be one of, but it knows whom it asked.
TEST(Statistics, AConsumerKnowsItsBrokers) {
  const auto transport = make_librdkafka_transport({{"bootstrap.servers", "127.0.0.1:1"},
                                                    {"test.mock.num.brokers", "1"},
                                                    {"statistics.interval.ms", "20"}});
  auto consumer = transport->make_group_consumer({.config = {{"group.id", "billing"}}});
  ASSERT_TRUE(consumer) << consumer.error().text();
  ASSERT_TRUE((*consumer)->subscribe({"orders"}));
  const auto is_seen = [&] {
    const ClientStatistics statistics = (*consumer)->statistics();
    EXPECT_FALSE(statistics.queue);
    return !statistics.brokers.empty() && statistics.brokers[0].round_trips;
  };
  const TimePoint deadline = deadline_in(30s);
  while (!is_seen() && now() < deadline) (*consumer)->poll_events(deadline_in(20ms));
  EXPECT_TRUE(is_seen());
  (*consumer)->close(deadline_in(30s));
  EXPECT_TRUE((*consumer)->statistics().brokers.empty());
}

// It has statistics all the same, to know when a join is under way.
TEST(Statistics, ACooperativeConsumerThatWantsNoneTellsOfNoRoundTrips) {
  const auto transport = make_librdkafka_transport(
      {{"bootstrap.servers", "127.0.0.1:1"}, {"test.mock.num.brokers", "1"}});
  for (const char* interval : {"1000", "0"}) {
    auto consumer = transport->make_group_consumer(
        {.config = {{"group.id", "billing"},
                    {"partition.assignment.strategy", "cooperative-sticky"},
                    {"statistics.interval.ms", interval}}});
    ASSERT_TRUE(consumer) << consumer.error().text();
    ASSERT_TRUE((*consumer)->subscribe({"orders"}));
    bool is_measured = false;
    bool is_connected = false;
    // None in ten times the interval of its own.
    const bool is_wanted = std::string(interval) != "0";
    const TimePoint end = deadline_in(is_wanted ? Duration(30s) : Duration(1s));
    while (!is_measured && now() < end) {
      (*consumer)->poll_events(deadline_in(20ms));
      for (const auto& broker : (*consumer)->statistics().brokers) {
        is_connected = is_connected || broker.is_connected;
        is_measured = is_measured || broker.round_trips;
      }
    }
    EXPECT_TRUE(is_connected);
    EXPECT_EQ(is_measured, is_wanted);
    (*consumer)->close(deadline_in(30s));
  }
}

}  // namespace
}  // namespace rookery::librdkafka
