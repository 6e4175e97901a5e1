// bookings_test.cc
//
// Each record is done, in the order that its topic asks for, whatever Kafka does; and a customer
// whose booking fails holds up no other.

#include "examples/bookings/bookings_app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/testing.h>

#include <chrono>
#include <map>
#include <set>
#include <string>

namespace bookings {
namespace {

using namespace rookery::testing;
using namespace std::chrono_literals;

// Empty when each record of the one topic, but for empty ones, has its copy in the other.
std::string missing_in(const Outcome& outcome, const std::string& to, const std::string& from) {
  std::set<std::string> there;
  for (const auto& record : outcome.records(to)) there.emplace(record.value.view());
  for (const auto& lost : outcome.lost_records(to)) there.emplace(lost.record.value.view());
  for (const auto& record : outcome.records(from)) {
    const std::string value(record.value.view());
    if (record.is_owed && !value.empty() && !there.contains(value)) {
      return "'" + value + "' of " + from + " is not in " + to;
    }
  }
  return "";
}

PlannedRecord any_booking(Draw& draw) {
  const std::string customer = draw.key(20);
  PlannedRecord booking{.key = customer + (draw.one_in(2) ? "/EUR" : "/USD"), .value = ""};
  if (!draw.one_in(40)) booking.value = std::to_string(draw.below(1'000'000'000));
  return booking;
}

PlannedRecord any_paper(Draw& draw) {
  PlannedRecord paper{.key = draw.key(50)};
  paper.value = std::to_string(draw.below(1'000'000'000));
  return paper;
}

World world() {
  World world({.brokers = 3});
  world.topic("bookings.v1", {.partitions = 2}).topic("booked.v1").topic("bookings.v1.dlq");
  world.topic("mails.v1").topic("mailed.v1");
  return world.topic("statements.v1", {.partitions = 2}).topic("printed.v1");
}

TEST(Bookings, AreDoneInOrderWhateverKafkaDoes) {
  Plan plan({.servers = {1, 3}, .faults = any_faults(), .load = 5s});
  plan.produce("bookings.v1", 200, any_booking)
      .produce("mails.v1", 100, any_paper)
      .produce("statements.v1", 100, any_paper);
  for (const auto& [to, from] :
       std::map<std::string, std::string>{{"booked.v1", "bookings.v1"},
                                          {"mailed.v1", "mails.v1"},
                                          {"printed.v1", "statements.v1"}}) {
    plan.check(from + " are all done",
               [to, from](const Outcome& outcome) { return missing_in(outcome, to, from); });
  }
  const Report report = world().simulate(bookings_app, plan, {.seeds = 100});
  EXPECT_THAT(report, HasNoViolation());
  EXPECT_THAT(report, DeadLettersExactly("bookings.v1.dlq", HasEmptyValue()));
}

TEST(Bookings, ACustomerWhoseBookingFailsHoldsUpNoOther) {
  auto bookings = consumer_for(bookings_app(), "bookings", "bookings.v1");
  bookings
      .produce({.key = "acme/EUR", .value = ""})  // fails, and is tried again after a second
      .produce({.key = "acme/USD", .value = "1"})
      .produce({.key = "bolt/EUR", .value = "2"});
  bookings.advance(500ms);
  ASSERT_EQ(bookings.produced("booked.v1").size(), 1U);
  EXPECT_EQ(bookings.produced("booked.v1")[0].value, "2");
  EXPECT_EQ(bookings.marked(), 0);  // what is committed stays below the record that fails
  bookings.advance(1min);
  EXPECT_EQ(bookings.dead_letters().size(), 1U);
  EXPECT_EQ(bookings.produced("booked.v1").size(), 2U);
  EXPECT_EQ(bookings.marked(), 3);
}

}  // namespace
}  // namespace bookings
