// power_loss_test.cc
//
// A cluster of one node that loses its power has lost what it acknowledged. Consumers knew it,
// committed past it, and sent what follows from it; all that comes later they owe as ever.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/rookery.h>
#include <rookery/testing.h>

#include <string>

namespace rookery::testing {
namespace {

using ::testing::SizeIs;

class Copying : public Consumer {
  void consume(const Record& order) override {
    producer().send({.topic = "invoices.v1", .key = order.key(), .value = order.value()});
  }
};

App copying_app() {
  App app({.client_id = "billing"});
  app.group("billing").topic("orders.v1", {.consumer = consumer<Copying>()});
  return app;
}

World world_of_one_node() {
  World world({.brokers = 1});
  world.topic("orders.v1", {.partitions = 3}).topic("invoices.v1");
  return world;
}

Plan plan() {
  Plan plan({.servers = {1, 2},
             .faults = {FaultKind::kPowerLoss, FaultKind::kProcessRestart, FaultKind::kLeaderMove},
             .load = std::chrono::seconds(10)});
  plan.produce("orders.v1", 200, [](Draw& draw) {
    const std::string key = draw.key(5);
    return record({.key = key, .value = std::to_string(draw.below(1'000'000))});
  });
  return plan;
}

TEST(PowerLoss, WhatIsNotLostIsOwedAsEver) {
  const Report report = world_of_one_node().simulate(copying_app, plan(), {.seeds = 300});
  EXPECT_THAT(report, HasNoViolation());
  EXPECT_GT(report.faults.at("power_loss"), 100U);
}

TEST(PowerLoss, RecordsAreReallyLost) {
  Plan strict = plan();
  strict.check("nothing is lost", [](const Outcome& outcome) {
    const auto lost = outcome.lost_records("orders.v1");
    return lost.empty() ? ""
                        : lost.front().record.topic_partition.text() + ": " + lost.front().reason;
  });
  const Report report = world_of_one_node().simulate(
      copying_app, strict,
      {.seeds = 100, .violations_most = 1, .shrink_time_most = std::chrono::seconds(0)});
  ASSERT_THAT(report.violations, SizeIs(1));
  EXPECT_EQ(report.violations[0].promise, "nothing is lost");
}

}  // namespace
}  // namespace rookery::testing
