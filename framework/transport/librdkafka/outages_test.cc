// outages_test.cc
//
// Trouble with brokers is told once, and so is its end.
#include <rookery/transport/librdkafka/outages.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace rookery::librdkafka {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int16_t kFetch = 1;
constexpr std::int16_t kSaslHandshake = 17;
constexpr std::int16_t kApiVersions = 18;
constexpr std::int16_t kSaslAuthenticate = 36;
const TimePoint kStart{};

TEST(Outages, KnowABrokerByItsAddressUnderAllItsNames) {
  EXPECT_EQ(address_in("127.0.0.1:9092/1: Disconnected (after 8033ms in state UP)"),
            "127.0.0.1:9092");
  EXPECT_EQ(address_in("kafka-2:9093/bootstrap"), "kafka-2:9093");
  EXPECT_EQ(address_in("sasl_ssl://kafka-2:9093/bootstrap: SSL handshake failed: a: b"),
            "kafka-2:9093");
  EXPECT_EQ(address_in("GroupCoordinator: 127.0.0.1:9092: Connect to ipv4#127.0.0.1:9092 failed"),
            "127.0.0.1:9092");
  EXPECT_EQ(address_in("GroupCoordinator: 127.0.0.1:9092"), "127.0.0.1:9092");
  EXPECT_EQ(address_in("[::1]:9092/1: Disconnected"), "[::1]:9092");
  EXPECT_EQ(address_in("a:1/1: verify failed: see https://b:2/c"), "a:1");
  EXPECT_EQ(address_in("2/2 brokers are down"), "");
  EXPECT_EQ(address_in("GroupCoordinator"), "");
  EXPECT_EQ(address_in(""), "");
}

TEST(Outages, AreToldOnceUntilTheBrokerAnswers) {
  Outages outages;
  EXPECT_TRUE(outages.is_news("a:1/1: Disconnected", ErrorCode::kTransport, kStart));
  for (const char* again : {"a:1/1: Disconnected", "a:1/bootstrap: Connection refused",
                            "GroupCoordinator: a:1: Connection refused"}) {
    EXPECT_FALSE(outages.is_news(again, ErrorCode::kTransport, kStart + 1s)) << again;
  }
  EXPECT_TRUE(outages.is_news("b:1/2: Disconnected", ErrorCode::kTransport, kStart + 1s));
  EXPECT_TRUE(outages.is_news("a:1/1: refused us", ErrorCode::kSaslAuthenticationFailed, kStart));
  EXPECT_THAT(outages.take_ended(), IsEmpty());

  outages.note_answer("GroupCoordinator: a:1", kFetch, kStart + 12s);
  outages.note_answer("a:1/1", kFetch, kStart + 13s);
  EXPECT_THAT(outages.take_ended(), ElementsAre("a:1 answers again, after 12s"));
  EXPECT_THAT(outages.take_ended(), IsEmpty());
  EXPECT_FALSE(outages.is_news("b:1/2: Disconnected", ErrorCode::kTransport, kStart + 14s));
  EXPECT_TRUE(outages.is_news("a:1/1: Disconnected", ErrorCode::kTransport, kStart + 14s));
}

TEST(Outages, DoNotEndWithAConnectionThatTheBrokerEndsAgain) {
  Outages outages;
  ASSERT_TRUE(outages.is_news("a:1/1: Disconnected", ErrorCode::kTransport, kStart));
  for (const std::int16_t api : {kApiVersions, kSaslHandshake, kSaslAuthenticate}) {
    outages.note_answer("a:1/1", api, kStart + 1s);
  }
  EXPECT_FALSE(outages.is_news("a:1/1: Disconnected", ErrorCode::kTransport, kStart + 2s));
  EXPECT_THAT(outages.take_ended(), IsEmpty());
}

TEST(Outages, OfAllBrokersAreNewsWhereThereAreSeveral) {
  Outages one;
  ASSERT_TRUE(one.is_news("a:1/1: Disconnected", ErrorCode::kTransport, kStart));
  EXPECT_FALSE(one.is_news_that_all_are_down(1, kStart)) << "said already";

  Outages unexplained;
  EXPECT_TRUE(unexplained.is_news_that_all_are_down(1, kStart));
  EXPECT_FALSE(unexplained.is_news_that_all_are_down(1, kStart));
  unexplained.note_answer("a:1/1", kFetch, kStart + 1500ms);
  EXPECT_THAT(unexplained.take_ended(), ElementsAre("a:1 answers again, after 1500ms"));

  Outages two;
  ASSERT_TRUE(two.is_news("a:1/1: Disconnected", ErrorCode::kTransport, kStart));
  ASSERT_TRUE(two.is_news("b:1/2: Disconnected", ErrorCode::kTransport, kStart));
  EXPECT_TRUE(two.is_news_that_all_are_down(2, kStart));
  EXPECT_FALSE(two.is_news_that_all_are_down(2, kStart));
  two.note_answer("a:1/1", kFetch, kStart + 1s);
  EXPECT_THAT(two.take_ended(), ElementsAre("a:1 answers again, after 1s"));
  EXPECT_TRUE(two.is_news_that_all_are_down(2, kStart)) << "again";
}

// Clusters that move leave addresses behind that never answer.
TEST(Outages, OfThousandsOfAddressesTakeLittleRoom) {
  Outages outages;
  const auto disconnected = [&](int host) {
    return outages.is_news("kafka-" + std::to_string(host) + ":1/1: Disconnected",
                           ErrorCode::kTransport, kStart);
  };
  for (int host = 0; host < 10'000; ++host) EXPECT_TRUE(disconnected(host));
  EXPECT_FALSE(disconnected(9'999));
  EXPECT_TRUE(disconnected(0)) << "forgotten";
}

}  // namespace
}  // namespace rookery::librdkafka
