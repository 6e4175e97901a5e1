// read_command_test.cc
//
// The read command on the in-process Kafka: what it prints, from where to where, and how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rookery/cli/read.h>
#include <rookery/producing/producer.h>
#include <rookery/runtime/time.h>

#include <nlohmann/json.hpp>

#include <sstream>
#include <string>
#include <vector>

#include "mockbroker/transport/in_process_kafka.h"

namespace rookery {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Kind = ReadPoint::Kind;

struct ReadCommand : ::testing::Test {
  void SetUp() override {
    ASSERT_TRUE(kafka.create_topic("orders", 2));
    ASSERT_TRUE(kafka.create_topic("nothing", 1));
    for (int i = 0; i < 5; ++i) produce(std::to_string(i), "k" + std::to_string(i % 2), 1000 + i);
  }

  void produce(std::string_view value, std::string_view key, std::int64_t timestamp_ms,
               PartitionId partition = 1) {
    if (!producer) {
      auto made = Producer::make(kafka.transport(), {});
      ASSERT_TRUE(made);
      producer.emplace(*std::move(made));
    }
    const std::vector<OutgoingRecord> records = {{.topic = "orders",
                                                  .key = key,
                                                  .value = value,
                                                  .partition = partition,
                                                  .timestamp_ms = timestamp_ms}};
    for (const auto& sent : producer->send_many(records, deadline_in(20s))) {
      ASSERT_TRUE(sent);
    }
  }

  Terminal terminal() {
    return {.write =
                [this](std::string_view text) {
                  output += text;
                  return written;
                },
            .tell = [this](const std::string& line) { told.push_back(line); }};
  }
  // The values that were printed.
  std::vector<std::string> values(RecordsOptions options) {
    output.clear();
    options.topic = options.topic.empty() ? "orders" : options.topic;
    options.is_json = true;
    const Status done = run_read(kafka.transport(), {}, options, terminal());
    EXPECT_TRUE(done) << done.error().text();
    return printed();
  }
  std::vector<std::string> printed() const {
    std::vector<std::string> all;
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
      all.push_back(nlohmann::json::parse(line)["value"]);
    }
    return all;
  }
  static ReadPoint offset(Offset at, Kind kind = Kind::kOffset) {
    return {.kind = kind, .offset = at};
  }
  static ReadPoint at_ms(int ms) {
    return {.kind = Kind::kTime, .time = Timestamp(std::chrono::milliseconds(ms))};
  }

  mock::InProcessKafka kafka;
  std::optional<Producer> producer;
  std::string output;
  std::vector<std::string> told;
  Status written;
};

TEST_F(ReadCommand, PrintsATopicToItsEnd) {
  EXPECT_THAT(values({}), ElementsAre("0", "1", "2", "3", "4"));
  EXPECT_THAT(values({.topic = "nothing"}), IsEmpty());
  EXPECT_THAT(values({.partitions = {0}}), IsEmpty());
}

TEST_F(ReadCommand, BeginsAndEndsWhereItIsTold) {
  EXPECT_THAT(values({.from = offset(3)}), ElementsAre("3", "4"));
  EXPECT_THAT(values({.from = offset(1), .to = offset(3)}), ElementsAre("1", "2"));
  EXPECT_THAT(values({.from = offset(2, Kind::kBeforeEnd)}), ElementsAre("3", "4"));
  EXPECT_THAT(values({.from = offset(99, Kind::kBeforeEnd), .limit = 1}), ElementsAre("0"));
  EXPECT_THAT(values({.from = at_ms(1001), .to = at_ms(1003)}), ElementsAre("1", "2"));
  EXPECT_THAT(values({.from = at_ms(5000)}), IsEmpty());
  EXPECT_THAT(values({.from = offset(99)}), IsEmpty());
  EXPECT_THAT(values({.from = offset(3), .to = offset(1)}), IsEmpty());
}

TEST_F(ReadCommand, PrintsOnlyWhatIsAskedFor) {
  EXPECT_THAT(values({.key = "k1"}), ElementsAre("1", "3"));
  EXPECT_THAT(values({.containing = "4"}), ElementsAre("4"));
  EXPECT_THAT(values({.limit = 2}), ElementsAre("0", "1"));
}

TEST_F(ReadCommand, FollowsUntilItIsTold) {
  int looks = 0;
  const Status done =
      run_read(kafka.transport(), {},
               {.topic = "orders", .from = offset(4), .is_following = true, .is_json = true},
               terminal(), [&] {
                 if (printed().size() == 1 && looks++ == 0) produce("later", "k", 2000);
                 return printed().size() == 2;
               });
  EXPECT_TRUE(done);
  EXPECT_THAT(printed(), ElementsAre("4", "later"));
}

TEST_F(ReadCommand, FollowsPartitionsThatAreAdded) {
  std::size_t looks = 0;
  const TimePoint limit = deadline_in(20s);
  const auto add_partition = [&] {
    const auto admin = kafka.transport().make_admin({});
    ASSERT_TRUE(admin);
    for (const Status& done :
         (*admin)->create_partitions({{.topic = "orders", .total = 3}}, deadline_in(20s))) {
      ASSERT_TRUE(done) << done.error().text();
    }
    producer.reset();  // it does not know the partition
    produce("in the new one", "k", 2000, 2);
    produce("in an old one", "k", 2000, 1);
  };
  const Status done = run_read(kafka.transport(), {},
                               {.topic = "orders",
                                .from = offset(3),
                                .is_following = true,
                                .between_looks = 0s,
                                .is_json = true},
                               terminal(), [&] {
                                 if (printed().size() == 2 && looks++ == 0) add_partition();
                                 return printed().size() == 4 || now() > limit;
                               });
  EXPECT_TRUE(done) << done.error().text();
  EXPECT_THAT(printed(), UnorderedElementsAre("3", "4", "in the new one", "in an old one"));
  EXPECT_THAT(told, ElementsAre("new partitions are read from their beginning: orders-[2]"));
}

TEST_F(ReadCommand, EndsQuietlyWhenNobodyReadsItsOutput) {
  written = fail(ErrorCode::kClosed, "standard output: Broken pipe");
  EXPECT_TRUE(run_read(kafka.transport(), {}, {.topic = "orders"}, terminal()));
  written = fail(ErrorCode::kIo, "standard output: No space left on device");
  EXPECT_EQ(run_read(kafka.transport(), {}, {.topic = "orders"}, terminal()).error().code,
            ErrorCode::kIo);
}

TEST_F(ReadCommand, OneRecordIsThatOrAnError) {
  const auto record = [&](Offset at) {
    return RecordsOptions{.topic = "orders", .partitions = {1}, .record = at};
  };
  const auto error = [&](Offset at) {
    output.clear();
    const Status done = run_read(kafka.transport(), {}, record(at), terminal());
    EXPECT_EQ(output, "");
    return done ? "none" : done.error().message;
  };
  EXPECT_THAT(values(record(3)), ElementsAre("3"));
  EXPECT_EQ(error(5), "orders-1@5 is not there yet: the log begins at 0 and ends before 5");
  const TopicPartition partition{"orders", 1};
  kafka.with_cluster([&](mock::Cluster& cluster, TimePoint now, WallTime wall) {
    EXPECT_TRUE(cluster.delete_records(now, partition, 1));
    EXPECT_EQ(cluster.append_marker(now, wall, partition).value_or(-1), 5);
  });
  EXPECT_EQ(error(0), "orders-1@0 is there no more: the log begins at 1 and ends before 6");
  EXPECT_EQ(error(5),
            "orders-1@5 holds no record: it was removed, or is a marker of a transaction");
  produce("behind the marker", "k", 2000);
  EXPECT_EQ(error(5),
            "orders-1@5 holds no record: it was removed, or is a marker of a transaction");
  EXPECT_THAT(values(record(6)), ElementsAre("behind the marker"));
}

TEST_F(ReadCommand, SaysWhatIsNotThere) {
  const Status topic = run_read(kafka.transport(), {}, {.topic = "nowhere"}, terminal());
  EXPECT_THAT(topic.error().message, HasSubstr("nowhere"));
  EXPECT_EQ(run_read(kafka.transport(), {}, {.topic = "orders", .partitions = {7}}, terminal())
                .error()
                .message,
            "topic orders has no partition 7, it has 2");
  EXPECT_EQ(output, "");
}

}  // namespace
}  // namespace rookery
