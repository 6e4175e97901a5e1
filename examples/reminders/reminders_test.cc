// reminders_test.cc
//
// By hand, with the times of production; and under everything that Kafka may do, with times that
// fit into a simulation.

#include "examples/reminders/reminders_app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/testing.h>

#include <chrono>
#include <set>
#include <string>

namespace reminders {
namespace {

using namespace rookery::testing;
using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Reminders, ComeAfterAFortnightAndTenASecond) {
  auto reminders = consumer_for(reminders_app(), "reminders", "invoices.v1");
  for (int i = 0; i < 12; ++i) reminders.produce({.key = "i-1", .value = "due"});
  reminders.produce({.key = "i-2", .value = "paid"});
  reminders.run();
  EXPECT_THAT(reminders.produced("reminders.v1"), IsEmpty());
  reminders.advance(14 * 24h - 1ms);
  EXPECT_THAT(reminders.produced("reminders.v1"), IsEmpty());
  reminders.advance(1ms);
  EXPECT_THAT(reminders.produced("reminders.v1"), SizeIs(10));
  EXPECT_EQ(reminders.marked(), 10);
  reminders.advance(1s);
  EXPECT_THAT(reminders.produced("reminders.v1"), SizeIs(12));
  EXPECT_EQ(reminders.marked(), 13) << "what is paid is done without a letter";
}

// Empty when each unpaid invoice that is still there has its letter, and none that is paid.
std::string wrong_letters(const Outcome& outcome) {
  std::set<std::string> letters;
  for (const auto& letter : outcome.records("reminders.v1")) letters.emplace(letter.value.view());
  for (const auto& lost : outcome.lost_records("reminders.v1")) {
    letters.emplace(lost.record.value.view());
  }
  if (letters.contains("paid")) return "a letter about what is paid";
  for (const auto& invoice : outcome.records("invoices.v1")) {
    const std::string value(invoice.value.view());
    if (invoice.is_owed && value != "paid" && !letters.contains(value)) {
      return "no letter about invoice '" + value + "'";
    }
  }
  return "";
}

TEST(Reminders, AreCompleteWhateverKafkaDoes) {
  World world({.brokers = 3});
  world.topic("invoices.v1", {.partitions = 3}).topic("reminders.v1");
  Plan plan({.servers = {1, 3}, .faults = any_faults(), .load = 5s});
  plan.produce("invoices.v1", 100, [](Draw& draw) {
    PlannedRecord invoice{.key = draw.key(10), .value = "paid"};
    if (!draw.one_in(4)) invoice.value = std::to_string(draw.below(1'000'000'000));
    return invoice;
  });
  plan.check("each unpaid invoice is reminded of", wrong_letters);
  const auto app = [] {
    return reminders_app_with({.reminded_after = 2s, .written_off_after = 24h});
  };
  EXPECT_THAT(world.simulate(app, plan, {.seeds = 100}), HasNoViolation());
}

}  // namespace
}  // namespace reminders
