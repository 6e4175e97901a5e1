// audit_test.cc
//
// A repair goes back once in each partition, and the book is whole whatever Kafka does meanwhile.

#include "examples/audit/audit_app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/testing.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace audit {
namespace {

using namespace rookery::testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

std::vector<std::string> entries(const UnitOfRoute& unit) {
  std::vector<std::string> values;
  for (const SentRecord& entry : unit.produced("entries.v1")) {
    values.emplace_back(entry.value.view());
  }
  return values;
}

TEST(Audit, ARepairGoesBackOnceInEachPartition) {
  const auto repair = std::make_shared<Repair>();
  auto book = consumer_for(audit_app_with(repair), "audit", "payments.v1");
  for (int i = 0; i < 4; ++i) {
    book.produce({.key = "acme", .value = std::to_string(i), .timestamp_ms = 1'000 * (i + 1)});
  }
  book.run();
  book.revoke();
  book.run();
  EXPECT_THAT(entries(book), ElementsAre("0", "1", "2", "3"));

  repair->from = rk::Timestamp(2'500ms);
  book.assign();
  book.produce({.key = "acme", .value = "4", .timestamp_ms = 5'000});
  book.run();
  EXPECT_THAT(entries(book), ElementsAre("0", "1", "2", "3", "2", "3", "4"));
  book.revoke();
  book.run();
  EXPECT_EQ(book.committed(), 5);

  book.assign();  // the program was restarted, the repair is the same
  book.produce({.key = "acme", .value = "5", .timestamp_ms = 6'000});
  book.run();
  EXPECT_THAT(entries(book), ElementsAre("0", "1", "2", "3", "2", "3", "4", "5"));
}

std::string missing_in_the_book(const Outcome& outcome) {
  std::set<std::string> booked;
  for (const auto& entry : outcome.records("entries.v1")) booked.emplace(entry.value.view());
  for (const auto& lost : outcome.lost_records("entries.v1")) {
    booked.emplace(lost.record.value.view());
  }
  for (const auto& payment : outcome.records("payments.v1")) {
    const std::string value(payment.value.view());
    if (payment.is_owed && !booked.contains(value)) return "'" + value + "' is not in the book";
  }
  return "";
}

TEST(Audit, TheBookIsWholeWhateverKafkaDoes) {
  Plan plan({.servers = {1, 3}, .faults = any_faults(), .load = 5s});
  plan.produce("payments.v1", 150, [](Draw& draw) {
    PlannedRecord payment{.key = draw.key(20)};
    payment.value = std::to_string(draw.below(1'000'000'000));
    return payment;
  });
  plan.check("all payments are booked", missing_in_the_book);
  World world({.brokers = 3});
  world.topic("payments.v1", {.partitions = 3}).topic("entries.v1");
  const auto repair = std::make_shared<const Repair>(Repair{.from = rk::Timestamp(0ms)});
  const Report report =
      world.simulate([repair] { return audit_app_with(repair); }, plan, {.seeds = 40});
  EXPECT_THAT(report, HasNoViolation());
}

}  // namespace
}  // namespace audit
