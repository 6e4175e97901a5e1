// base_test.cc
//
// The vocabulary: null against empty, Kafka's own hash vectors, durations as people write them.
#include <rookery/base/bytes.h>
#include <rookery/base/duration.h>
#include <rookery/base/headers.h>
#include <rookery/base/murmur2.h>
#include <rookery/base/result.h>
#include <rookery/base/topic_partition.h>

#include <gtest/gtest.h>

namespace rookery {
namespace {

using namespace std::chrono_literals;

TEST(Bytes, TellsNullFromEmpty) {
  const Bytes null;
  const Bytes empty("");
  EXPECT_TRUE(null.is_null());
  EXPECT_FALSE(empty.is_null());
  EXPECT_TRUE(null.empty());
  EXPECT_TRUE(empty.empty());
  EXPECT_FALSE(null == empty);
  EXPECT_FALSE(Bytes(std::string_view()).is_null());
}

TEST(Bytes, OwnedKeepsTheDifference) {
  EXPECT_TRUE(Bytes(OwnedBytes(Bytes())).is_null());
  EXPECT_FALSE(Bytes(OwnedBytes(Bytes(""))).is_null());
  EXPECT_EQ(Bytes(OwnedBytes(std::string("a\0b", 3))).size(), 3U);
  EXPECT_NE(OwnedBytes(), OwnedBytes(""));
}

TEST(Headers, KeepsOrderAndDuplicates) {
  Headers headers{{"a", "1"}, {"b", nullptr}, {"a", "2"}};
  EXPECT_EQ(headers.size(), 3U);
  EXPECT_EQ(headers.last("a").view(), "2");
  EXPECT_TRUE(headers.contains("b"));
  EXPECT_TRUE(headers.last("b").is_null());
  EXPECT_FALSE(headers.contains("c"));
}

// From Kafka's own UtilsTest.testMurmur2.
TEST(Murmur2, AnswersKafkasVectors) {
  EXPECT_EQ(murmur2("21"), static_cast<std::uint32_t>(-973932308));
  EXPECT_EQ(murmur2("foobar"), static_cast<std::uint32_t>(-790332482));
  EXPECT_EQ(murmur2("a-little-bit-long-string"), static_cast<std::uint32_t>(-985981536));
  EXPECT_EQ(murmur2("a-little-bit-longer-string"), static_cast<std::uint32_t>(-1486304829));
  EXPECT_EQ(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"),
            static_cast<std::uint32_t>(-58897971));
  EXPECT_EQ(murmur2("abc"), 479470107U);
}

TEST(Duration, ReadsWhatPeopleWrite) {
  EXPECT_EQ(parse_duration("250ms").value(), 250ms);
  EXPECT_EQ(parse_duration("5m").value(), 5min);
  EXPECT_EQ(parse_duration("0s").value(), 0s);
  for (const char* wrong : {"", "5", "ms", "-1s", "1.5s", "5 m", "5d", "99999999999999999h"}) {
    const auto result = parse_duration(wrong);
    ASSERT_FALSE(result) << wrong;
    EXPECT_NE(result.error().message.find("'" + std::string(wrong) + "'"), std::string::npos);
  }
}

TEST(Duration, PrintsTheLargestWholeUnit) {
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(60s), "1m");
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(7ns), "7ns");
}

TEST(TopicPartition, ListsByTopic) {
  EXPECT_EQ(text({{"b", 4}, {"a", 2}, {"a", 0}, {"a", 10}}), "a-[0,2,10], b-[4]");
  EXPECT_EQ(text(std::vector<TopicPartition>{}), "");
}

TEST(Error, CarriesKafkasNameAndRetriability) {
  const Status status = fail(ErrorCode::kNotLeaderOrFollower, "orders-0: moved");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().text(), "NOT_LEADER_OR_FOLLOWER: orders-0: moved");
  EXPECT_TRUE(status.error().retriable);
  EXPECT_FALSE(is_retriable(ErrorCode::kTopicAlreadyExists));
}

}  // namespace
}  // namespace rookery
