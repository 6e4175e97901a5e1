// planted_bug_test.cc
//
// The worked example of docs/testing.md: a consumer with a bug, found by hand, then by simulation,
// made smaller and replayed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/rookery.h>
#include <rookery/runtime/time.h>
#include <rookery/testing.h>

#include <iostream>

namespace rk = rookery;
using namespace rookery::testing;
using namespace std::chrono_literals;

int shipped = 0;  // what the warehouse has done

class Shipping : public rk::Consumer {
  void consume(const rk::Record& order) override {
    mark(order);                         // the bug: nothing is done yet
    rk::sleep_until(rk::now() + 700ms);  // the warehouse works
    ++shipped;
  }
};

rk::App shipping_app() {
  rk::App app({.client_id = "shipping"});
  app.group("shipping", {.commit_interval = 300ms})
      .topic("orders.v1", {.consumer = rk::consumer<Shipping>(), .marking = rk::Marking::kManual});
  return app;
}

// By hand: while the warehouse works, the order counts as done.
TEST(Shipping, MarksAnOrderBeforeItIsShipped) {
  auto shipping = consumer_for(shipping_app(), "shipping", "orders.v1");
  shipping.produce({.key = "o-1"}).run();
  EXPECT_EQ(shipped, 0);
  EXPECT_EQ(shipping.marked(), 1) << "0, once the bug is mended";
  shipping.advance(1s);
  EXPECT_EQ(shipped, 1);
}

Report simulate_shipping(const SimulateOptions& options) {
  World world({.brokers = 3});
  world.topic("orders.v1", {.partitions = 3});
  Plan plan({.servers = {2, 3},
             .faults = {FaultKind::kProcessRestart, FaultKind::kBrokerRestart},
             .load = 10s});
  plan.produce("orders.v1", 100, [](Draw& draw) { return record({.key = draw.key(20)}); });
  return world.simulate(shipping_app, plan, options);
}

TEST(Shipping, IsFoundMadeSmallerAndReplayed) {
  const Report report =
      simulate_shipping({.seeds = 100, .violations_most = 1, .shrink_time_most = 10min});
  ASSERT_EQ(report.violations.size(), 1U);
  const Violation& violation = report.violations[0];
  EXPECT_EQ(violation.promise, "no loss");
  EXPECT_THAT(violation.text, ::testing::HasSubstr("no run of orders.v1-"));
  ASSERT_TRUE(violation.shrunk);
  EXPECT_LE(violation.shrunk->to.records, 3U);
  EXPECT_LE(violation.shrunk->to.faults, 1U);

  std::cout << violation.story();

  const Report again = simulate_shipping({.replay = violation.replay});
  ASSERT_EQ(again.violations.size(), 1U);
  EXPECT_EQ(again.violations[0].promise, violation.promise);
  EXPECT_THAT(again.violations[0].text, ::testing::HasSubstr("the same trace"));
}
