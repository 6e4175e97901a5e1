// truncated_log_test.cc
//
// Consumers whose partition's log was truncated under them by an unclean election (KIP-320).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mockbroker/transport/in_process_kafka.h"
#include "mockbroker/transport/test_clients.h"

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const TopicPartition kOrders{"orders.v1", 0};

class TruncatedLog : public testing::Test {
 protected:
  TruncatedLog() {
    const Status created =
        kafka.create_topic("orders.v1", 1, {{"unclean.leader.election.enable", "true"}});
    EXPECT_TRUE(created);
  }

  void produce(const std::vector<std::string>& values) {
    TestProducer producer(kafka.transport());
    for (const std::string& value : values) producer.send("orders.v1", "k", value);
    producer.flush();
    EXPECT_EQ(producer.acknowledged(), values.size());
  }
  // The only replica in sync has the values when it goes; another takes over, without them.
  void lose(const std::vector<std::string>& values, TestConsumer& reader, std::size_t read) {
    kafka.with_cluster([](Cluster& cluster, TimePoint at, WallTime) {
      for (const NodeId node : {1, 2}) {
        EXPECT_TRUE(cluster.set_replication_delay(at, node, Duration::max()));
      }
    });
    produce(values);
    ASSERT_TRUE(reader.poll_until([&] { return reader.records().size() == read; }))
        << reader.describe();
    ASSERT_TRUE(kafka.stop_node(0));
  }
  static std::vector<std::string> values(const TestConsumer& consumer) {
    std::vector<std::string> all;
    for (const TestRecord& record : consumer.records()) {
      all.push_back(std::to_string(record.offset) + record.value);
    }
    return all;
  }

  InProcessKafka kafka{{.nodes = 3, .replica_lag_time_max = 1ms, .failure_detection_delay = 1ms}};
};

TEST_F(TruncatedLog, IsReadOnFromWhereTheLogsPart) {
  produce({"a", "b"});
  TestConsumer consumer(kafka.transport(), {{"group.id", "billing"}});
  consumer.subscribe({"orders.v1"});
  lose({"x", "y"}, consumer, 4);
  produce({"c", "d", "e"});  // the consumer's position lies within the new log
  ASSERT_TRUE(consumer.poll_until([&] { return consumer.records().size() == 7; }))
      << consumer.describe();
  EXPECT_THAT(values(consumer), ElementsAre("0a", "1b", "2x", "3y", "2c", "3d", "4e"));
  ASSERT_FALSE(consumer.errors().empty());
  EXPECT_THAT(consumer.errors().back().error.text(),
              HasSubstr("OFFSET_OUT_OF_RANGE: orders.v1-0: the log was truncated"));
}

TEST_F(TruncatedLog, IsAnErrorWhereNoResetIsWanted) {
  produce({"a", "b"});
  {
    TestConsumer first(kafka.transport(), {{"group.id", "billing"}});
    first.subscribe({"orders.v1"});
    ASSERT_TRUE(first.poll_until([&] { return first.records().size() == 2; }));
    ASSERT_TRUE(first.commit(kOrders, 1));
  }
  TestConsumer consumer(kafka.transport(),
                        {{"group.id", "billing"}, {"auto.offset.reset", "error"}});
  consumer.subscribe({"orders.v1"});
  lose({"x", "y"}, consumer, 3);
  produce({"c", "d", "e"});
  const auto is_told = [&] {
    for (const ConsumerError& told : consumer.errors()) {
      if (told.error.code == ErrorCode::kOffsetOutOfRange) return true;
    }
    return false;
  };
  ASSERT_TRUE(consumer.poll_until(is_told)) << consumer.describe();
  EXPECT_THAT(values(consumer), ElementsAre("1b", "2x", "3y"));
}

// Nobody reads while the log is truncated and grows past the committed offset again.
TEST_F(TruncatedLog, IsFoundOutAtACommittedOffset) {
  produce({"a", "b"});
  {
    TestConsumer first(kafka.transport(), {{"group.id", "billing"}});
    first.subscribe({"orders.v1"});
    ASSERT_NO_FATAL_FAILURE(lose({"x", "y"}, first, 4));
    ASSERT_TRUE(first.commit(kOrders, 4));
  }
  produce({"c", "d", "e"});
  TestConsumer consumer(kafka.transport(), {{"group.id", "billing"}});
  consumer.subscribe({"orders.v1"});
  ASSERT_TRUE(consumer.poll_until([&] { return consumer.records().size() == 3; }))
      << consumer.describe();
  EXPECT_THAT(values(consumer), ElementsAre("2c", "3d", "4e"));
  ASSERT_EQ(consumer.errors().size(), 1U);
  EXPECT_THAT(consumer.errors().back().error.text(),
              HasSubstr("OFFSET_OUT_OF_RANGE: orders.v1-0: the log was truncated"));
}

TEST_F(TruncatedLog, KeepsACommittedOffsetWhereTheLogHasAll) {
  produce({"a", "b", "c"});
  {
    TestConsumer first(kafka.transport(), {{"group.id", "billing"}});
    first.subscribe({"orders.v1"});
    ASSERT_TRUE(first.poll_until([&] { return first.records().size() == 3; }));
    ASSERT_TRUE(first.commit(kOrders, 2));
  }
  ASSERT_TRUE(kafka.stop_node(0));
  produce({"d"});
  TestConsumer consumer(kafka.transport(), {{"group.id", "billing"}});
  consumer.subscribe({"orders.v1"});
  ASSERT_TRUE(consumer.poll_until([&] { return consumer.records().size() == 2; }));
  EXPECT_THAT(values(consumer), ElementsAre("2c", "3d"));
}

TEST_F(TruncatedLog, IsNoneWhenTheNewLeaderHasAll) {
  produce({"a", "b"});
  TestConsumer consumer(kafka.transport(), {{"group.id", "billing"}});
  consumer.subscribe({"orders.v1"});
  ASSERT_TRUE(consumer.poll_until([&] { return consumer.records().size() == 2; }));
  ASSERT_TRUE(kafka.stop_node(0));
  produce({"c"});
  ASSERT_TRUE(consumer.poll_until([&] { return consumer.records().size() == 3; }));
  EXPECT_THAT(values(consumer), ElementsAre("0a", "1b", "2c"));
}

}  // namespace
}  // namespace rookery::mock
