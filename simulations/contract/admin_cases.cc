// admin_cases.cc
//
// Topics, the cluster, watermarks.
#include <algorithm>
#include <string>

#include "simulations/contract/contract.h"

namespace rookery::contract {
namespace {

void expect_error(const Status& status, ErrorCode code, const std::string& named) {
  ASSERT_FALSE(status) << named;
  EXPECT_EQ(status.error().code, code) << status.error().text();
  EXPECT_NE(status.error().message.find(named), std::string::npos) << status.error().text();
}

TEST_P(Contract, TopicsAreCreatedEachForItself) {
  run([&] {
    const std::string old = make_topic("old", 1);
    const std::string fresh = leg().fresh_name("fresh");
    const std::vector<Status> statuses = admin().create_topics(
        {{.name = old},
         {.name = "not/legal"},
         {.name = fresh, .partitions = 3},
         {.name = leg().fresh_name("none"), .partitions = 0},
         {.name = ""},
         {.name = leg().fresh_name("replicas"), .partitions = 1, .replication_factor = 99}},
        deadline_in(kPatience));
    ASSERT_EQ(statuses.size(), 6U);
    expect_error(statuses[0], ErrorCode::kTopicAlreadyExists, old);
    expect_error(statuses[1], ErrorCode::kInvalidTopic, "not/legal");
    EXPECT_TRUE(statuses[2]) << statuses[2].error().text();
    expect_error(statuses[3], ErrorCode::kInvalidPartitions, "none");
    EXPECT_FALSE(statuses[4]);
    expect_error(statuses[5], ErrorCode::kInvalidReplicationFactor, "replicas");
    ASSERT_TRUE(wait_until(
        [&] {
          const auto cluster = admin().describe({fresh}, deadline_in(kPatience));
          return cluster && cluster->topics.front().partitions.size() == 3;
        },
        [&] { return fresh + " is not there"; }));
  });
}

TEST_P(Contract, AClosedAdminAnswersNoMore) {
  run([&] {
    Result<std::unique_ptr<AdminClient>> made = transport().make_admin({});
    ASSERT_TRUE(made) << made.error().text();
    AdminClient& client = **made;
    const std::string topic = make_topic("orders", 1);
    EXPECT_TRUE(client.describe({topic}, deadline_in(kPatience)));
    client.close();
    client.close();
    const std::string never = leg().fresh_name("never");
    const Status created = client.create_topics({{.name = never}}, deadline_in(kPatience)).front();
    expect_error(created, ErrorCode::kClosed, "closed");
    EXPECT_EQ(client.describe({topic}, deadline_in(kPatience)).error().code, ErrorCode::kClosed);
    EXPECT_EQ(client.watermarks({{topic, 0}}, deadline_in(kPatience)).error().code,
              ErrorCode::kClosed);
    EXPECT_EQ(admin().describe({never}, deadline_in(kPatience)).error().code,
              ErrorCode::kUnknownTopicOrPartition);
  });
}

TEST_P(Contract, TheClusterIsDescribed) {
  run([&] {
    const std::string first = make_topic("first", 2);
    const std::string second = make_topic("second", 1);
    const auto cluster = admin().describe({second, first}, deadline_in(kPatience));
    ASSERT_TRUE(cluster) << cluster.error().text();
    ASSERT_EQ(cluster->topics.size(), 2U);
    EXPECT_EQ(cluster->topics[0].name, second);
    EXPECT_EQ(cluster->topics[1].name, first);
    ASSERT_EQ(cluster->topics[1].partitions.size(), 2U);
    EXPECT_EQ(cluster->topics[1].partitions[1].partition, 1);
    ASSERT_FALSE(cluster->nodes.empty());
    const auto is_node = [&](NodeId id) {
      return std::any_of(cluster->nodes.begin(), cluster->nodes.end(),
                         [&](const NodeDescription& node) { return node.id == id; });
    };
    EXPECT_TRUE(is_node(cluster->topics[0].partitions[0].leader));
    EXPECT_TRUE(is_node(cluster->controller)) << cluster->controller;
    EXPECT_FALSE(cluster->nodes.front().host.empty());
    EXPECT_GT(cluster->nodes.front().port, 0);
    const auto all = admin().describe({}, deadline_in(kPatience));
    ASSERT_TRUE(all) << all.error().text();
    for (const std::string& name : {first, second}) {
      EXPECT_TRUE(std::any_of(all->topics.begin(), all->topics.end(),
                              [&](const TopicDescription& topic) { return topic.name == name; }))
          << name;
    }
  });
}

TEST_P(Contract, AnUnknownTopicIsNotDescribed) {
  run([&] {
    const std::string known = make_topic("known", 1);
    const std::string unknown = leg().fresh_name("unknown");
    const auto cluster = admin().describe({known, unknown}, deadline_in(kPatience));
    ASSERT_FALSE(cluster);
    EXPECT_EQ(cluster.error().code, ErrorCode::kUnknownTopicOrPartition);
    EXPECT_NE(cluster.error().message.find(unknown), std::string::npos) << cluster.error().text();
    // Asking creates nothing.
    const auto again = admin().describe({unknown}, deadline_in(kPatience));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::kUnknownTopicOrPartition);
  });
}

TEST_P(Contract, ADeletedTopicIsUnknown) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const std::string unknown = leg().fresh_name("unknown");
    const std::vector<Status> statuses =
        admin().delete_topics({topic, unknown}, deadline_in(kPatience));
    ASSERT_EQ(statuses.size(), 2U);
    EXPECT_TRUE(statuses[0]) << statuses[0].error().text();
    expect_error(statuses[1], ErrorCode::kUnknownTopicOrPartition, unknown);
    ASSERT_TRUE(wait_until(
        [&] {
          const auto cluster = admin().describe({topic}, deadline_in(kPatience));
          return !cluster && cluster.error().code == ErrorCode::kUnknownTopicOrPartition;
        },
        [&] { return topic + " is still there"; }));
  });
}

TEST_P(Contract, WatermarksOfManyPartitions) {
  run([&] {
    constexpr std::int32_t kPartitions = 20;
    const std::string topic = make_topic("orders", kPartitions);
    for (int i = 0; i < 5; ++i) produce(topic, i, i * 3);
    std::vector<TopicPartition> partitions;
    for (PartitionId i = kPartitions - 1; i >= 0; --i) partitions.push_back({topic, i});
    const auto answer = admin().watermarks(partitions, deadline_in(kPatience));
    ASSERT_TRUE(answer) << answer.error().text();
    ASSERT_EQ(answer->size(), partitions.size());
    for (std::size_t i = 0; i < partitions.size(); ++i) {
      const Watermarks& marks = (*answer)[i];
      EXPECT_EQ(marks.partition, partitions[i]);
      EXPECT_EQ(marks.low, 0);
      EXPECT_EQ(marks.high, marks.partition.partition < 5 ? marks.partition.partition * 3 : 0);
    }
    EXPECT_TRUE(admin().watermarks({}, deadline_in(kPatience)));
    const auto unknown = admin().watermarks({{topic, 99}}, deadline_in(kPatience));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::kUnknownTopicOrPartition) << unknown.error().text();
  });
}

}  // namespace
}  // namespace rookery::contract
