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
using Kind = ReadPoint::Kind;

struct ReadCommand : ::testing::Test {
  void SetUp() override {
    ASSERT_TRUE(kafka.create_topic("orders", 2));
    ASSERT_TRUE(kafka.create_topic("nothing", 1));
    for (int i = 0; i < 5; ++i) produce(std::to_string(i), "k" + std::to_string(i % 2), 1000 + i);
  }

  // To partition 1.
  void produce(std::string_view value, std::string_view key, std::int64_t timestamp_ms) {
    if (!producer) {
      auto made = Producer::make(kafka.transport(), {});
      ASSERT_TRUE(made);
      producer.emplace(*std::move(made));
    }
    const std::vector<OutgoingRecord> records = {{.topic = "orders",
                                                  .key = key,
                                                  .value = value,
                                                  .partition = 1,
                                                  .timestamp_ms = timestamp_ms}};
    for (const auto& sent : producer->send_many(records, deadline_in(20s))) {
      ASSERT_TRUE(sent);
    }
  }

  Terminal terminal() {
    return {.write = [this](std::string_view text) {
      output += text;
      return written;
    }};
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

TEST_F(ReadCommand, EndsQuietlyWhenNobodyReadsItsOutput) {
  written = fail(ErrorCode::kClosed, "standard output: Broken pipe");
  EXPECT_TRUE(run_read(kafka.transport(), {}, {.topic = "orders"}, terminal()));
  written = fail(ErrorCode::kIo, "standard output: No space left on device");
  EXPECT_EQ(run_read(kafka.transport(), {}, {.topic = "orders"}, terminal()).error().code,
            ErrorCode::kIo);
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
