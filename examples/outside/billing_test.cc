// billing_test.cc
//
// The program, unchanged, on a Kafka that fails: no order is lost.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/testing.h>

#include "billing_app.h"

using namespace rookery::testing;

TEST(Billing, LosesNothingWhateverKafkaDoes) {
  World world({.brokers = 3});
  world.topic("orders.v1", {.partitions = 6}).topic("invoices.v1");
  Plan plan({.servers = 3, .faults = any_faults()});
  plan.produce("orders.v1", 1'000,
               [](Draw& draw) { return record({.key = draw.key(50), .value = "12.50"}); });
  const Report report = world.simulate(billing_app, plan, {.seeds = 500});
  EXPECT_THAT(report, HasNoViolation());  // failing: the story and a replay line
}
