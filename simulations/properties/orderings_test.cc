// orderings_test.cc
//
// Whatever the order in which a partition is consumed (ordering_property.h), and whatever Kafka
// does.
//
//   ./rookery test --only orderings

#include <gtest/gtest.h>
#include <rookery/rookery.h>
#include <rookery/testing.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "simulations/explorer/test_replay.h"
#include "simulations/properties/ordering_property.h"

namespace rookery::sim {
namespace {

void expect_order(int nodes, std::uint64_t seeds, OrderingsSeen& seen) {
  const testing::Report report = run_in_test({.program = "orderings",
                                              .run = ordering_life(nodes, &seen),
                                              .options = {.seeds = seeds},
                                              .faults = testing::any_faults()});
  for (const testing::Violation& violation : report.violations) ADD_FAILURE() << violation.story();
  std::printf("explored %llu runs: %llu poisoned records, %llu done while another key failed\n",
              static_cast<unsigned long long>(report.runs),
              static_cast<unsigned long long>(seen.poisoned),
              static_cast<unsigned long long>(seen.in_time));
}

TEST(Orderings, KeepTheirPromisesWhateverKafkaDoes) {
  OrderingsSeen seen;
  expect_order(3, 300, seen);
  EXPECT_GT(seen.poisoned, 500U);
  EXPECT_GE(seen.dead_letters, seen.poisoned);
  EXPECT_GT(seen.in_time, 50U);
}

TEST(Orderings, AlsoWhereAcknowledgedRecordsAreLostByRight) {
  OrderingsSeen seen;
  expect_order(1, 150, seen);
  EXPECT_GT(seen.poisoned, 200U);
}

// A lane that gave its last record up has nothing to wait for: it was once scheduled for the end of
// that wait again and again.
TEST(Orderings, ALaneThatGaveUpItsLastRecordIsFreeForOtherKeys) {
  std::vector<std::string> done;
  App app({.client_id = "orders"});
  app.group("orders").topic("orders.v1",
                            {.consumer = consumer([&](const Record& record) {
                               if (record.value().empty()) throw std::runtime_error("empty");
                               done.push_back(record.value().str());
                             }),
                             .ordering = by_key({.max_lanes = 1}),
                             .retry_backoff = RetryBackoff{.first = std::chrono::seconds(20)},
                             .dead_letter_queue = {{.topic = "orders.v1.dlq", .max_retries = 0}}});
  auto orders = testing::consumer_for(app, "orders", "orders.v1");
  orders.produce({.key = "a", .value = ""}).run();
  ASSERT_EQ(orders.dead_letters().size(), 1U);
  orders.advance(std::chrono::seconds(1));
  orders.produce({.key = "b", .value = "1"}).run();
  EXPECT_EQ(done, std::vector<std::string>{"1"});
  orders.advance(std::chrono::minutes(1));
  EXPECT_EQ(orders.marked(), 2);
}

}  // namespace
}  // namespace rookery::sim
