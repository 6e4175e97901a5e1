// in_process_kafka_test.cc
//
// The whole way on real threads: producer, cluster, group consumer.
#include "mockbroker/transport/in_process_kafka.h"

#include <rookery/runtime/time.h>

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "mockbroker/transport/test_clients.h"

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;

TEST(InProcessKafka, CarriesRecordsFromProducerToGroup) {
  InProcessKafka kafka({.nodes = 3});
  ASSERT_TRUE(kafka.create_topic("orders.v1", 4));
  TestProducer producer(kafka.transport());
  for (int i = 0; i < 1000; ++i) {
    producer.send("orders.v1", "key" + std::to_string(i), "value" + std::to_string(i));
  }
  producer.flush();
  EXPECT_EQ(producer.acknowledged(), 1000U);

  TestConsumer consumer(kafka.transport(), {{"group.id", "billing"}});
  consumer.subscribe({"orders.v1"});
  ASSERT_TRUE(consumer.poll_until([&] { return consumer.records().size() == 1000; }))
      << consumer.describe();
  std::set<std::string> values;
  for (const TestRecord& record : consumer.records()) {
    EXPECT_EQ("value" + record.key.substr(3), record.value);
    values.insert(record.value);
  }
  EXPECT_EQ(values.size(), 1000U);
  EXPECT_EQ(consumer.ends().size(), 4U);  // each partition's end was told
  const CloseReport report = consumer.close();
  EXPECT_FALSE(report.timed_out());
}

TEST(InProcessKafka, CommitsAndResumes) {
  InProcessKafka kafka;
  ASSERT_TRUE(kafka.create_topic("orders.v1", 1));
  TestProducer producer(kafka.transport());
  for (int i = 0; i < 10; ++i) producer.send("orders.v1", "k", std::to_string(i));
  producer.flush();
  {
    TestConsumer consumer(kafka.transport(), {{"group.id", "billing"}});
    consumer.subscribe({"orders.v1"});
    ASSERT_TRUE(consumer.poll_until([&] { return consumer.records().size() == 10; }));
    const Status committed = consumer.commit({"orders.v1", 0}, 4, "half of it");
    EXPECT_TRUE(committed) << committed.error().text();
  }
  TestConsumer next(kafka.transport(), {{"group.id", "billing"}});
  next.subscribe({"orders.v1"});
  ASSERT_TRUE(next.poll_until([&] { return next.records().size() == 6; })) << next.describe();
  EXPECT_EQ(next.records().front().value, "4");
  ASSERT_EQ(next.assignments().size(), 1U);
  EXPECT_EQ(next.assignments().begin()->second.committed, 4);
  EXPECT_EQ(next.assignments().begin()->second.metadata, "half of it");
}

TEST(InProcessKafka, GivesAGroupPartitionsThatAreAdded) {
  InProcessKafka kafka({.nodes = 3});
  ASSERT_TRUE(kafka.create_topic("orders.v1", 1));
  TestConsumer consumer(kafka.transport(),
                        {{"group.id", "billing"}, {"topic.metadata.refresh.interval.ms", "10"}});
  consumer.subscribe({"orders.v1"});
  ASSERT_TRUE(consumer.poll_until([&] { return consumer.partitions().size() == 1; }));
  kafka.with_cluster([](Cluster& cluster, TimePoint at, WallTime) {
    EXPECT_TRUE(cluster.create_partitions(at, "orders.v1", 3));
  });
  ASSERT_TRUE(consumer.poll_until([&] { return consumer.partitions().size() == 3; }))
      << consumer.describe();
}

}  // namespace
}  // namespace rookery::mock
