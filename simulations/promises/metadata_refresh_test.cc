// metadata_refresh_test.cc
//
// The promise: topic metadata is refreshed every 5 s, by producer and consumer alike
// (semantics.md, section 1): in what librdkafka's clients are made with, and in what reaches the
// nodes of the in-process Kafka while its clients are idle.
#include <gtest/gtest.h>
#include <rookery/runtime/time.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "simulations/promises/effective_config.h"
#include "simulations/properties/group_world.h"

namespace rookery {
namespace {

using namespace std::chrono_literals;

constexpr Duration kInterval = 5s;
// The client's thread may run a little later than its timer, and asks before it is answered.
constexpr Duration kLate = 10ms;
constexpr int kRefreshes = 12;
// Ends between two refreshes, not on one.
constexpr Duration kWatched = kRefreshes * kInterval + 2s;

TEST(MetadataRefresh, IsFiveSecondsInBothClientsOfLibrdkafka) {
  EXPECT_EQ(effective_config_of_consumer({})["topic.metadata.refresh.interval.ms"], "5000");
  EXPECT_EQ(effective_config_of_producer({})["topic.metadata.refresh.interval.ms"], "5000");
}

// Between `since` and now the client asked every 5 s, and never besides.
void expect_every_interval(mock::GroupWorld& world, const std::string& client_id, TimePoint since) {
  TimePoint last{};
  int refreshes = 0;
  for (const auto& [seen, request] : world.seen_of<mock::MetadataRequest>(client_id)) {
    if (seen.at >= since) {
      ++refreshes;
      EXPECT_GE(seen.at - last, kInterval) << client_id;
      EXPECT_LE(seen.at - last, kInterval + kLate) << client_id;
    }
    last = seen.at;
  }
  EXPECT_EQ(refreshes, kRefreshes) << client_id;
}

TEST(MetadataRefresh, IsFiveSecondsInAnIdleConsumer) {
  mock::over_seeds(5, [](mock::GroupWorld& world) {
    mock::TestConsumer& member = world.join({{"client.id", "idle"}});
    ASSERT_TRUE(world.poll_until([&] { return world.is_settled(); }));
    member.poll(1s);
    const TimePoint since = now();
    while (now() < since + kWatched) member.poll(1s);
    expect_every_interval(world, "idle", since);
  });
}

TEST(MetadataRefresh, IsFiveSecondsInAnIdleProducer) {
  mock::over_seeds(5, [](mock::GroupWorld& world) {
    mock::TestProducer producer(world.kafka().transport(), {{"client.id", "idle"}});
    producer.send(world.topic(), "k", "v");
    producer.flush();
    ASSERT_EQ(producer.acknowledged(), 1U);
    const TimePoint since = now();
    sleep_until(since + kWatched);
    expect_every_interval(world, "idle", since);
  });
}

}  // namespace
}  // namespace rookery
