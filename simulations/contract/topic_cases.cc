// topic_cases.cc
//
// Topics that grow, and change, under those who use them.
#include <algorithm>
#include <memory>
#include <string>

#include "simulations/contract/contract.h"

namespace rookery::contract {
namespace {

TEST_P(Contract, PartitionsThatAreAddedAreConsumed) {
  run([&] {
    const std::string topic = make_topic("orders", 2);
    const std::string group = fresh_group();
    Member& first = join(group, {topic});
    Member& second = join(group, {topic});
    ASSERT_TRUE(pump_until([&] {
      return is_settled({&first, &second}, partitions_of(topic, 2)) && first.owned.size() == 1;
    }));
    Reports reports;
    const auto producer = make_producer(reports, {{"topic.metadata.refresh.interval.ms", "500"}});
    ASSERT_TRUE(producer->send({.topic = topic, .value = "before", .partition = 0}, 0));
    ASSERT_TRUE(producer->flush(deadline_in(kPatience)));
    const std::vector<Status> grown =
        admin().create_partitions({{.topic = topic, .total = 6}}, deadline_in(kPatience));
    ASSERT_TRUE(grown.front()) << grown.front().error().text();
    leg().await_topic(topic, 6);
    ASSERT_TRUE(pump_until([&] {
      return is_settled({&first, &second}, partitions_of(topic, 6)) && first.owned.size() == 3;
    }));
    // A producer that knew fewer finds the new ones by itself.
    DeliveryToken token = 0;
    ASSERT_TRUE(wait_until(
        [&] {
          return producer->send({.topic = topic, .value = "after", .partition = 5}, ++token)
              .has_value();
        },
        [] { return "partition 5 stays unknown"; }));
    const Status closed = producer->close(deadline_in(kPatience));
    ASSERT_TRUE(closed) << closed.error().text();
    ASSERT_TRUE(pump_until([&] {
      return first.records_of({topic, 5}).size() + second.records_of({topic, 5}).size() > 0;
    }));
  });
}

TEST_P(Contract, PartitionsAreAddedOrTheReasonIsTold) {
  run([&] {
    const std::string topic = make_topic("orders", 3);
    const std::string other = make_topic("other", 1);
    const std::string unknown = leg().fresh_name("unknown");
    const std::vector<Status> statuses = admin().create_partitions({{.topic = topic, .total = 2},
                                                                    {.topic = unknown, .total = 2},
                                                                    {.topic = other, .total = 2}},
                                                                   deadline_in(kPatience));
    ASSERT_EQ(statuses.size(), 3U);
    ASSERT_FALSE(statuses[0]);
    EXPECT_EQ(statuses[0].error().code, ErrorCode::kInvalidPartitions)
        << statuses[0].error().text();
    ASSERT_FALSE(statuses[1]);
    EXPECT_EQ(statuses[1].error().code, ErrorCode::kUnknownTopicOrPartition)
        << statuses[1].error().text();
    EXPECT_TRUE(statuses[2]) << statuses[2].error().text();
    leg().await_topic(other, 2);
    const std::vector<Status> same = admin().create_partitions(
        {{.topic = topic, .total = 3}, {.topic = topic, .total = 0}}, deadline_in(kPatience));
    for (const Status& status : same) {
      ASSERT_FALSE(status);
      EXPECT_EQ(status.error().code, ErrorCode::kInvalidPartitions) << status.error().text();
    }
  });
}

TEST_P(Contract, APatternFindsTopicsThatComeLater) {
  run([&] {
    const std::string prefix = leg().fresh_name("later");
    const auto create = [&](const std::string& topic) {
      const auto made =
          admin().create_topics({{.name = topic, .partitions = 2}}, deadline_in(kPatience));
      ASSERT_TRUE(made.front()) << made.front().error().text();
      leg().await_topic(topic, 2);
    };
    Member& member = join(fresh_group(), {"^" + prefix + "-.*"});
    // It matches nothing now, and that is no error.
    EXPECT_TRUE(pump_while([&] { return member.owned.empty() && member.errors.empty(); }, 1500ms));
    ASSERT_NO_FATAL_FAILURE(create("not-" + prefix));
    ASSERT_NO_FATAL_FAILURE(create(prefix + "-one"));
    ASSERT_TRUE(
        pump_until([&] { return member.partitions() == partitions_of(prefix + "-one", 2); }));
    produce(prefix + "-one", 1, 3);
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 3; }));
    ASSERT_NO_FATAL_FAILURE(create(prefix + "-two"));
    std::set<TopicPartition> both = partitions_of(prefix + "-one", 2);
    both.merge(partitions_of(prefix + "-two", 2));
    EXPECT_TRUE(pump_until([&] { return member.partitions() == both; }));
  });
}

TEST_P(Contract, ATopicDeletedUnderItsConsumerIsGivenUp) {
  run([&] {
    const std::string doomed = make_topic("doomed", 2);
    const std::string kept = make_topic("kept", 2);
    for (int i = 0; i < 2; ++i) {
      produce(doomed, i, 5);
      produce(kept, i, 5);
    }
    Member& member = join(fresh_group(), {doomed, kept});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 20; }));
    const std::vector<Status> deleted = admin().delete_topics({doomed}, deadline_in(kPatience));
    ASSERT_TRUE(deleted.front()) << deleted.front().error().text();
    ASSERT_TRUE(pump_until([&] { return member.partitions() == partitions_of(kept, 2); }));
    EXPECT_TRUE(std::any_of(member.errors.begin(), member.errors.end(),
                            [&](const ConsumerError& error) {
                              return error.error.code == ErrorCode::kUnknownTopicOrPartition;
                            }))
        << member.text();
    for (const ConsumerError& error : member.errors)
      EXPECT_FALSE(error.error.fatal) << error.error.text();
    // The other topic's records go on coming.
    for (int i = 0; i < 2; ++i) produce(kept, i, 5, "later");
    ASSERT_TRUE(pump_until([&] {
      return std::count_if(member.records.begin(), member.records.end(), [](const Seen& record) {
               return record.value.view().starts_with("later");
             }) >= 10;
    }));
  });
}

TEST_P(Contract, TheEndOfTheLogIsWhatTheLastFetchTold) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const TopicPartition partition{topic, 0};
    produce(topic, 0, 5);
    Member& member = join(fresh_group(), {topic});
    ASSERT_TRUE(pump_until([&] { return member.records.size() == 5; }));
    const std::shared_ptr<PartitionStream> stream = member.owned[partition].stream;
    EXPECT_TRUE(pump_until([&] { return stream->log_end() == 5; })) << stream->log_end();
    produce(topic, 0, 2);
    EXPECT_TRUE(pump_until([&] { return stream->log_end() == 7; })) << stream->log_end();
    EXPECT_TRUE(pump_until([&] { return member.records.size() == 7; }));
  });
}

TEST_P(Contract, ATopicMadeAnewIsConsumedFromItsStart) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    produce(topic, 0, 10);
    const std::string group = fresh_group();
    Member& first = join(group, {topic});
    ASSERT_TRUE(pump_until([&] { return first.records.size() == 10; }));
    leave(first);
    ASSERT_TRUE(admin().delete_topics({topic}, deadline_in(kPatience)).front());
    ASSERT_TRUE(wait_until([&] { return !admin().describe({topic}, deadline_in(kPatience)); },
                           [&] { return topic + " is still there"; }));
    // A broker may still be busy with the old one's end.
    ASSERT_TRUE(wait_until(
        [&] {
          return admin()
              .create_topics({{.name = topic, .partitions = 1}}, deadline_in(kPatience))
              .front()
              .has_value();
        },
        [&] { return topic + " is not made"; }));
    leg().await_topic(topic, 1);
    produce(topic, 0, 3, "new");
    Member& second = join(group, {topic});
    ASSERT_TRUE(pump_until([&] { return second.records.size() >= 3; }));
    ASSERT_EQ(second.records.size(), 3U);
    for (const Seen& record : second.records) EXPECT_TRUE(record.value.view().starts_with("new"));
  });
}

}  // namespace
}  // namespace rookery::contract
