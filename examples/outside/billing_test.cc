// billing_test.cc
//
// The program, unchanged, on a Kafka that fails: no order is lost. Then its consumer by hand.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/testing.h>

#include "billing_app.h"

using namespace rookery::testing;

TEST(Billing, LosesNothingWhateverKafkaDoes) {
  World world({.brokers = 3});
  world.topic("orders.v1", {.partitions = 6}).topic("orders.v1.dlq").topic("invoices.v1");
  Plan plan({.servers = 3, .faults = any_faults()});
  plan.produce("orders.v1", 1'000, [](Draw& draw) {
    return record({.key = draw.key(50), .value = draw.one_in(100) ? "" : "12.50"});
  });
  const Report report = world.simulate(billing_app, plan, {.seeds = 500});
  EXPECT_THAT(report, HasNoViolation());  // failing: the story, the shrunk plan, a replay line
  EXPECT_THAT(report, DeadLettersExactly("orders.v1.dlq", HasEmptyValue()));
}

TEST(Billing, AnOrderWithoutAmountIsADeadLetter) {
  auto billing = consumer_for(billing_app(), "billing", "orders.v1");
  billing.produce({.key = "o-1", .value = "12.50"}).produce({.key = "o-2", .value = ""});
  billing.run();
  EXPECT_EQ(billing.produced("invoices.v1").size(), 1U);
  EXPECT_EQ(billing.marked(), 1);  // the first order; the second will be tried again
  billing.advance(std::chrono::minutes(1));
  ASSERT_EQ(billing.dead_letters().size(), 1U);
  EXPECT_EQ(billing.dead_letters()[0].key, "o-2");
  EXPECT_EQ(billing.marked(), 2);
}
