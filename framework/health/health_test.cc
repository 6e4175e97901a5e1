// health_test.cc
//
// What signs of life mean, and the JSON of semantics.md, section 10.
#include <rookery/health/health.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rookery {
namespace {

using namespace std::chrono_literals;

constexpr HealthLimits kLimits{.polling_ttl = 5min, .consuming_ttl = 4min};

Vitals at_work() {
  Vitals vitals;
  vitals.control_threads = {{.group = "a", .since_tick = 1s}, {.group = "b", .since_tick = 2s}};
  vitals.longest_run =
      Vitals::Run{.partition = {"orders", 0}, .offset = 7, .hook = {}, .lasts = 1min};
  vitals.is_running = true;
  return vitals;
}

TEST(Health, OfAServerAtWork) {
  const Health health = examine(at_work(), kLimits);
  EXPECT_TRUE(health.is_alive());
  EXPECT_TRUE(health.is_ready());
  EXPECT_EQ(to_json(health, {.is_healthy = true,
                             .time = WallTime(1'700'000'000'999ms),
                             .port = 3000,
                             .process_id = 17}),
            R"({"status":"healthy","timestamp":1700000000,"port":3000,"process_id":17,)"
            R"("errors":{"polling_ttl_exceeded":false,"consumption_ttl_exceeded":false,)"
            R"("unrecoverable":false}})");
}

TEST(Health, OneControlThreadWithoutATickIsEnough) {
  Vitals vitals = at_work();
  vitals.control_threads[1].since_tick = 5min;
  EXPECT_TRUE(examine(vitals, kLimits).is_alive()) << "not exceeded yet";
  vitals.control_threads[1].since_tick += 1ns;
  const Health health = examine(vitals, kLimits);
  EXPECT_TRUE(health.is_polling_ttl_exceeded);
  EXPECT_FALSE(health.is_consumption_ttl_exceeded);
  EXPECT_FALSE(health.is_alive());
  EXPECT_FALSE(health.is_ready());
  EXPECT_EQ(
      to_json(health, {.is_healthy = false, .time = WallTime(1s), .port = 1, .process_id = 2}),
      R"({"status":"unhealthy","timestamp":1,"port":1,"process_id":2,)"
      R"("errors":{"polling_ttl_exceeded":true,"consumption_ttl_exceeded":false,)"
      R"("unrecoverable":false}})");
}

TEST(Health, AConsumerThatRunsForEverIsTold) {
  Vitals vitals = at_work();
  vitals.longest_run->lasts = 4min;
  EXPECT_TRUE(examine(vitals, kLimits).is_alive()) << "not exceeded yet";
  vitals.longest_run->lasts += 1ns;
  const Health health = examine(vitals, kLimits);
  EXPECT_TRUE(health.is_consumption_ttl_exceeded);
  EXPECT_FALSE(health.is_polling_ttl_exceeded);
  EXPECT_FALSE(health.is_alive());
}

TEST(Health, AnErrorThatStopsTheServerHasItsClass) {
  Vitals vitals = at_work();
  vitals.unrecoverable = "FENCED_INSTANCE_ID";
  const Health health = examine(vitals, kLimits);
  EXPECT_FALSE(health.is_alive());
  EXPECT_EQ(
      to_json(health, {.is_healthy = false, .time = WallTime(1s), .port = 1, .process_id = 2}),
      R"({"status":"unhealthy","timestamp":1,"port":1,"process_id":2,)"
      R"("errors":{"polling_ttl_exceeded":false,"consumption_ttl_exceeded":false,)"
      R"("unrecoverable":"FENCED_INSTANCE_ID"}})");
}

// A class of an exception has whatever name its program gave it.
TEST(Health, WhatIsNoUtf8IsReplaced) {
  Vitals vitals = at_work();
  vitals.unrecoverable = "\xff";
  EXPECT_THAT(to_json(examine(vitals, kLimits), {}),
              testing::HasSubstr("\"unrecoverable\":\"\xEF\xBF\xBD\""));
}

TEST(Health, WhoDoesNotRunYetOrAnyMoreIsAliveAndNotReady) {
  const Health health = examine(Vitals{}, kLimits);
  EXPECT_TRUE(health.is_alive());
  EXPECT_FALSE(health.is_ready());
}

}  // namespace
}  // namespace rookery
