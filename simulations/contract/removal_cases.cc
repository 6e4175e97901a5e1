// removal_cases.cc
//
// Records that an administrator deletes, and how many requests questions about many partitions
// cost.
#include <algorithm>
#include <string>

#include "simulations/contract/contract.h"

namespace rookery::contract {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST_P(Contract, RecordsAreDeletedBelowAnOffset) {
  run([&] {
    const std::string topic = make_topic("orders", 3);
    const TopicPartition first{topic, 0};
    const TopicPartition second{topic, 1};
    produce(topic, 0, 10);
    produce(topic, 1, 10);
    const auto deleted =
        admin().delete_records({{second, kAllRecords}, {first, 4}}, deadline_in(kPatience));
    ASSERT_THAT(deleted, SizeIs(2));
    ASSERT_TRUE(deleted[0]) << deleted[0].error().text();
    ASSERT_TRUE(deleted[1]) << deleted[1].error().text();
    EXPECT_EQ(*deleted[0], 10);
    EXPECT_EQ(*deleted[1], 4);
    EXPECT_EQ(watermarks(first).low, 4);
    EXPECT_EQ(watermarks(first).high, 10);
    EXPECT_EQ(watermarks(second).low, 10);
    EXPECT_EQ(watermarks({topic, 2}).low, 0);
    // What is gone already is not an error.
    const auto below = admin().delete_records({{first, 2}}, deadline_in(kPatience));
    ASSERT_TRUE(below.front()) << below.front().error().text();
    EXPECT_EQ(*below.front(), 4);
    Member& member = assigned({{first, kEarliestOffset}});
    ASSERT_TRUE(pump_until([&] { return member.records.size() >= 6; }));
    EXPECT_EQ(member.records.front().offset, 4);
  });
}

TEST_P(Contract, RecordsThatCannotBeDeletedAreEachToldFor) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const std::string table = make_topic("table", 1, {{"cleanup.policy", "compact"}});
    const std::string unknown = leg().fresh_name("unknown");
    produce(topic, 0, 3);
    const auto deleted = admin().delete_records(
        {{{unknown, 0}, 1}, {{topic, 7}, 1}, {{topic, 0}, 1}, {{table, 0}, 0}},
        deadline_in(kPatience));
    ASSERT_THAT(deleted, SizeIs(4));
    ASSERT_FALSE(deleted[0]);
    EXPECT_EQ(deleted[0].error().code, ErrorCode::kUnknownTopicOrPartition)
        << deleted[0].error().text();
    EXPECT_THAT(deleted[0].error().message, HasSubstr(unknown));
    ASSERT_FALSE(deleted[1]);
    EXPECT_EQ(deleted[1].error().code, ErrorCode::kUnknownTopicOrPartition)
        << deleted[1].error().text();
    ASSERT_TRUE(deleted[2]) << deleted[2].error().text();
    EXPECT_EQ(*deleted[2], 1);
    ASSERT_FALSE(deleted[3]);
    EXPECT_EQ(deleted[3].error().code, ErrorCode::kPolicyViolation) << deleted[3].error().text();
    for (const Offset beyond : {Offset{4}, Offset{-2}}) {
      const auto out = admin().delete_records({{{topic, 0}, beyond}}, deadline_in(kPatience));
      ASSERT_FALSE(out.front());
      EXPECT_EQ(out.front().error().code, ErrorCode::kOffsetOutOfRange)
          << out.front().error().text();
    }
    EXPECT_EQ(watermarks({topic, 0}).low, 1);
  });
}

TEST_P(Contract, HundredsOfPartitionsCostAHandfulOfRequests) {
  run([&] {
    constexpr std::int32_t kPartitions = 500;
    const std::string topic = make_topic("many", kPartitions);
    const auto partitions = partitions_of(topic, kPartitions);
    const std::vector<TopicPartition> all(partitions.begin(), partitions.end());
    // A leader that does not know yet that it is one is asked again, by us, uncounted.
    const auto ready = admin().watermarks(all, deadline_in(kPatience));
    ASSERT_TRUE(ready) << ready.error().text();
    const WatchedTransport watched = leg().make_watched_transport();
    const auto client = watched.transport->make_admin({});
    ASSERT_TRUE(client) << client.error().text();
    const auto asked = [&](const std::string& api) {
      const auto counts = watched.counts();
      const auto found = counts.find(api);
      return found == counts.end() ? std::size_t{0} : found->second;
    };
    const std::size_t nodes = leg().nodes().size();
    const auto marks = (*client)->watermarks(all, deadline_in(kPatience));
    ASSERT_TRUE(marks) << marks.error().text();
    EXPECT_THAT(*marks, SizeIs(kPartitions));
    // One question about the beginning and one about the end, to each leader.
    EXPECT_GE(asked("ListOffsets"), nodes);
    EXPECT_LE(asked("ListOffsets"), 2 * nodes);
    std::vector<TopicPartitionOffset> deletions;
    for (const TopicPartition& partition : all) deletions.push_back({partition, kAllRecords});
    const auto deleted = (*client)->delete_records(deletions, deadline_in(kPatience));
    for (const auto& one : deleted) EXPECT_TRUE(one) << one.error().text();
    EXPECT_EQ(asked("DeleteRecords"), nodes);
    EXPECT_LE(asked("Metadata"), 10U);
    const auto removed = admin().delete_topics({topic}, deadline_in(kPatience));
    EXPECT_TRUE(removed.front()) << removed.front().error().text();
  });
}

TEST_P(Contract, APartitionIsDescribedWithItsReplicas) {
  run([&] {
    const std::string topic = make_topic("orders", 2);
    const auto cluster = admin().describe({topic}, deadline_in(kPatience));
    ASSERT_TRUE(cluster) << cluster.error().text();
    for (const PartitionDescription& partition : cluster->topics.front().partitions) {
      EXPECT_THAT(partition.replicas, SizeIs(leg().nodes().size()));
      EXPECT_THAT(partition.in_sync_replicas,
                  ::testing::UnorderedElementsAreArray(partition.replicas));
      EXPECT_THAT(partition.replicas, ::testing::Contains(partition.leader));
    }
  });
}

}  // namespace
}  // namespace rookery::contract
