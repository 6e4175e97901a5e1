// testing.h
//
// The test kit for users' programs. One consumer by hand, without any cluster (consumer_unit.h):
//
//   auto billing = consumer_for<Billing>("orders.v1");
//   billing.produce({.key = "o-1", .value = "12.50"}).run();
//   EXPECT_EQ(billing.produced("invoices.v1").size(), 1U);
//
// And the whole program on a Kafka that fails: a World, a Plan, the App unchanged.
//
//   #include <rookery/testing.h>
//   using namespace rookery::testing;
//
//   TEST(Billing, LosesNothingWhateverKafkaDoes) {
//     World world({.brokers = 3});
//     world.topic("orders.v1", {.partitions = 6}).topic("invoices.v1");
//     Plan plan({.servers = 3, .faults = any_faults()});
//     plan.produce("orders.v1", 1'000, [](Draw& draw) {
//       return record({.key = draw.key(50), .value = draw.one_in(100) ? "" : "12.50"});
//     });
//     const Report report = world.simulate(billing_app, plan, {.seeds = 500});
//     EXPECT_THAT(report, HasNoViolation());
//   }
//
// The same from the command line, PROGRAM simulate: simulate_command.h.
#pragma once

#include "simulations/explorer/simulate_command.h"
#include "simulations/unit/consumer_unit.h"
#include "simulations/waiting/waiting.h"
#include "simulations/world/matchers.h"
#include "simulations/world/plan.h"
#include "simulations/world/report.h"
#include "simulations/world/world.h"
