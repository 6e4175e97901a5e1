// quotas_test.cc
//
// How long clients are told to wait, by the bytes that they sent and fetched.
#include "mockbroker/cluster/quotas.h"

#include "mockbroker/cluster/test_cluster.h"

#include <gtest/gtest.h>

#include <string>

namespace rookery::mock {
namespace {

using namespace std::chrono_literals;

const TopicPartition kOrders{"orders", 0};

TEST(ByteRate, CountsWindowsThatAreNotThereYetAsEmpty) {
  ByteRate rate;
  EXPECT_EQ(rate.wait_ms(0, 100), 0);
  rate.record(0, 1000);  // ten seconds' worth, at once
  EXPECT_EQ(rate.wait_ms(0, 100), 0);
  rate.record(0, 1);
  EXPECT_EQ(rate.wait_ms(0, 100), 10);
  // By then the rate is down to it.
  EXPECT_EQ(rate.wait_ms(10, 100), 0);
}

TEST(ByteRate, ForgetsWhatIsElevenSecondsOld) {
  ByteRate rate;
  rate.record(0, 5000);
  EXPECT_EQ(rate.wait_ms(0, 100), 40'000);
  rate.record(1'000, 100);
  EXPECT_EQ(rate.wait_ms(10'999, 100), 51'000 - 10'999);
  EXPECT_EQ(rate.wait_ms(11'000, 100), 0);
}

class QuotasTest : public testing::Test {
 protected:
  QuotasTest() {
    test.create("orders");
    test.cluster.set_quota("slow", {.produce_bytes_per_second = 100});
    test.cluster.set_quota("reader", {.fetch_bytes_per_second = 100});
  }
  static ProduceRequest produce(std::int16_t acks = -1) {
    ProduceRequest request{.acks = acks};
    const OwnedBytes value(std::string(1000, 'v'));
    request.partitions.push_back(
        {.partition = kOrders, .block = TestCluster::block({{"k", value}})});
    return request;
  }
  FetchRequest fetch() const {
    FetchRequest request{.max_wait = Milliseconds(0)};
    request.partitions.push_back({.partition = kOrders});
    return request;
  }
  Milliseconds throttled(ReplyTo name) { return test.throttle_time(name); }

  TestCluster test;
};

TEST_F(QuotasTest, AProduceIsAnsweredAtOnceAndTellsTheTime) {
  const ReplyTo first = test.send(0, produce(), "slow");
  EXPECT_EQ(test.reply<ProduceResponse>(first).partitions.at(0).error, std::nullopt);
  const Milliseconds wait = throttled(first);
  EXPECT_GT(wait, 500ms);  // some 1,090 bytes are 10.9 s' worth, and ten seconds count as empty
  EXPECT_LT(wait, 1500ms);
  // Whoever does not wait is not refused, but told a longer time.
  const ReplyTo second = test.send(0, produce(), "slow");
  EXPECT_EQ(test.reply<ProduceResponse>(second).partitions.at(0).error, std::nullopt);
  EXPECT_GT(throttled(second), wait + 10s);
  EXPECT_EQ(test.values(kOrders).size(), 2U);
  // Others have no part in it.
  EXPECT_EQ(throttled(test.send(0, produce(), "client")), 0ms);
}

TEST_F(QuotasTest, AProduceThatWaitsForItsReplicasCountsWhenItIsAnswered) {
  TestCluster three{{.nodes = 3}};
  three.create("orders");
  three.cluster.set_quota("slow", {.produce_bytes_per_second = 100});
  ASSERT_TRUE(three.cluster.stop_node(three.now, 2, StopMode::kCrash));
  const ReplyTo waits = three.send(three.leader(kOrders), produce(), "slow");
  three.pass(1s);
  EXPECT_EQ(three.reply<ProduceResponse>(waits).partitions.at(0).error, std::nullopt);
  EXPECT_GT(three.throttle_time(waits), 500ms);
}

TEST_F(QuotasTest, WithoutAnAnswerItCountsAllTheSame) {
  EXPECT_FALSE(test.is_answered(test.send(0, produce(/*acks=*/0), "slow")));
  EXPECT_GT(throttled(test.send(0, produce(), "slow")), 10s);
}

TEST_F(QuotasTest, AFetchBeyondItsQuotaBringsNothingAndDoesNotCount) {
  for (int i = 0; i < 2; ++i) test.ask<ProduceResponse>(0, produce());
  const ReplyTo first = test.send(0, fetch(), "reader");
  const Milliseconds wait = throttled(first);
  EXPECT_TRUE(test.reply<FetchResponse>(first).partitions.empty());
  EXPECT_GT(wait, 500ms);
  EXPECT_LT(wait, 1500ms);  // no more than 1,000 bytes are read at once, but at least one block
  EXPECT_EQ(throttled(test.send(0, fetch(), "reader")), wait);
  EXPECT_EQ(test.ask<FetchResponse>(0, fetch()).partitions.at(0).blocks.size(), 2U);
}

TEST_F(QuotasTest, AFetchWithinItsQuotaBringsItAll) {
  test.produce(kOrders, {{"k", "v"}});
  const ReplyTo first = test.send(0, fetch(), "reader");
  EXPECT_EQ(throttled(first), 0ms);
  EXPECT_EQ(test.reply<FetchResponse>(first).partitions.at(0).blocks.size(), 1U);
}

TEST_F(QuotasTest, EachNodeHasItsOwn) {
  TestCluster two{{.nodes = 2}};
  two.create("orders", 2);
  two.cluster.set_quota("slow", {.produce_bytes_per_second = 100});
  EXPECT_GT(two.throttle_time(two.send(two.leader(kOrders), produce(), "slow")), 0ms);
  ProduceRequest other = produce();
  other.partitions[0].partition.partition = 1;
  const ReplyTo name = two.send(two.leader({"orders", 1}), std::move(other), "slow");
  EXPECT_LT(two.throttle_time(name), 1500ms);
}

}  // namespace
}  // namespace rookery::mock
