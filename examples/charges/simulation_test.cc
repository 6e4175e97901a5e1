// simulation_test.cc
//
// Whatever Kafka does: each order has its receipt, or is declined; that a customer's orders are
// charged in their order, and none is committed before its receipt is acknowledged, the simulator
// checks by itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/testing.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "examples/charges/charges_app.h"

namespace charges {
namespace {

using namespace rookery::testing;

using KeyAndValue = std::pair<std::string, std::string>;

// What was ever in the topic.
std::set<KeyAndValue> contents(const Outcome& outcome, const std::string& topic) {
  std::set<KeyAndValue> all;
  for (const auto& record : outcome.records(topic)) {
    all.emplace(record.key.view(), record.value.view());
  }
  for (const auto& lost : outcome.lost_records(topic)) {
    all.emplace(lost.record.key.view(), lost.record.value.view());
  }
  return all;
}

std::string what_is_missing(const Outcome& outcome) {
  const std::set<KeyAndValue> receipts = contents(outcome, kReceipts);
  for (const auto& order : outcome.records(kOrders)) {
    const std::string amount(order.value.view());
    if (!order.is_owed || amount.empty()) continue;
    if (!receipts.contains({std::string(order.key.view()), "charged " + amount})) {
      return "no receipt of " + amount;
    }
  }
  return "";
}

TEST(Charges, EachOrderHasItsReceiptOrIsDeclined) {
  World world({.brokers = 3});
  world.topic(kOrders, {.partitions = 4}).topic(kReceipts).topic(kDeclined);
  Plan plan({.servers = {1, 3}, .faults = any_faults()});
  plan.produce(kOrders, 300, [](Draw& draw) {
    const std::string amount = draw.one_in(50) ? "" : std::to_string(draw.below(1'000'000));
    return record({.key = draw.key(40), .value = amount});
  });
  plan.check("each order has its receipt", what_is_missing);
  const Report report = world.simulate(charges_app, plan, {.seeds = 60});
  EXPECT_THAT(report, HasNoViolation());
  EXPECT_THAT(report, DeadLettersExactly(kDeclined, HasEmptyValue()));
}

}  // namespace
}  // namespace charges
