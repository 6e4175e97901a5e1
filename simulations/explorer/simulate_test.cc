// simulate_test.cc
//
// The test kit as users meet it: a program of a few lines, its simulation in a few more.

#include <gtest/gtest.h>
#include <rookery/rookery.h>
// allow(layering): the test kit is under test here, as users meet it
#include <rookery/testing.h>

#include <string>

namespace rk = rookery;
using namespace rookery::testing;

namespace {

// Sanitizers make a run twenty times as long.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kShare = 10;
#else
constexpr std::uint64_t kShare = 1;
#endif

class Billing : public rk::Consumer {
  void consume(const rk::Record& order) override {
    if (order.value().empty()) return;
    producer().send({.topic = "invoices.v1", .key = order.key(), .value = order.value()});
  }
};

rk::App billing_app() {
  rk::App app({.client_id = "billing"});
  app.group("billing").topic("orders.v1", {.consumer = rk::consumer<Billing>()});
  return app;
}

World billing_world() {
  World world({.brokers = 3});
  world.topic("orders.v1", {.partitions = 6}).topic("invoices.v1", {.partitions = 2});
  return world;
}

PlannedRecord order(Draw& draw) {
  return record({.key = draw.key(50), .value = draw.one_in(100) ? "" : "12.50"});
}

TEST(Simulate, BillingLosesNothingWhateverKafkaDoes) {
  World world({.brokers = 3});
  world.topic("orders.v1", {.partitions = 6}).topic("invoices.v1");
  Plan plan({.servers = 3, .faults = any_faults()});
  plan.produce("orders.v1", 1'000, [](Draw& draw) {
    return record({.key = draw.key(50), .value = draw.one_in(100) ? "" : "12.50"});
  });
  // As many under sanitizers: a median of four runs says nothing.
  const Report report = world.simulate(billing_app, plan, {.seeds = 40});
  EXPECT_THAT(report, HasNoViolation());
  EXPECT_EQ(report.runs, 40U);
  EXPECT_EQ(report.records, 40'000U);
  EXPECT_GE(report.faults_median, 3U);
  EXPECT_GE(report.rebalances_median, 2U);
}

TEST(Simulate, ACalmWorldRunsNothingAgain) {
  Plan plan({.servers = {1, 4}, .faults = no_faults()});
  plan.produce("orders.v1", 300, order);
  const Report report = billing_world().simulate(billing_app, plan, {.seeds = 40});
  EXPECT_THAT(report, HasNoViolation());
  EXPECT_GT(report.rebalances, 80U);
  EXPECT_EQ(report.duplicates, 0U);
  EXPECT_TRUE(report.faults.empty());
}

TEST(Simulate, EveryKindOfFaultTakesEffectAlone) {
  for (std::size_t i = 0; i < rookery::sim::kFaultKinds; ++i) {
    const auto kind = static_cast<FaultKind>(i);
    Plan plan({.servers = {2, 3}, .faults = {kind}});
    // As many records and seeds under sanitizers: half of the seeds draw no faults at all, and in
    // the others a fault of handlers meets one record in hundreds.
    plan.produce("orders.v1", 200, order);
    const Report report = billing_world().simulate(billing_app, plan, {.seeds = 10});
    EXPECT_THAT(report, HasNoViolation());
    EXPECT_EQ(report.faults.size(), 1U) << name(kind);
    EXPECT_TRUE(report.faults.contains(name(kind)));
    EXPECT_THAT(report, EveryFaultTookEffect());
  }
}

TEST(Simulate, IsTheSameTwiceAndOnAnyNumberOfThreads) {
  Plan plan({.servers = {2, 4}, .faults = any_faults()});
  plan.produce("orders.v1", 300, order);
  const World world = billing_world();
  const Report one = world.simulate(billing_app, plan, {.seeds = 20 / kShare, .threads = 1});
  const Report two = world.simulate(billing_app, plan, {.seeds = 20 / kShare, .threads = 2});
  EXPECT_EQ(one.trace_hash, two.trace_hash);
  EXPECT_EQ(one.steps, two.steps);
  EXPECT_EQ(one.faults, two.faults);
  EXPECT_EQ(one.duplicates, two.duplicates);
  const Report others =
      world.simulate(billing_app, plan, {.seeds = 20 / kShare, .first_seed = 100});
  EXPECT_NE(one.trace_hash, others.trace_hash);
}

TEST(Simulate, SeveralGroupsAndTopicsAndBatches) {
  const auto app = [] {
    rk::App several({.client_id = "several"});
    several.group("billing").topic("orders.v1", {.consumer = rk::consumer<Billing>()});
    several.group("audit")
        .topic("orders.v1",
               {.consumer = rk::consumer([](rk::Batch& batch, rk::ConsumerContext& context) {
                  for (const rk::Record& order : batch) {
                    context.outputs().send({.topic = "audit.v1", .key = order.key()});
                  }
                })})
        .topic("invoices.v1", {.consumer = rk::consumer([](const rk::Record&) {})});
    return several;
  };
  World world = billing_world();
  world.topic("audit.v1", {.partitions = 3});
  Plan plan({.servers = 3, .faults = any_faults()});
  plan.produce("orders.v1", 300, order);
  const Report report = world.simulate(app, plan, {.seeds = 20 / kShare});
  EXPECT_THAT(report, HasNoViolation());
}

TEST(Simulate, AGroupThatBeginsAtTheEndIsOwedWhatComesLater) {
  const auto app = [] {
    rk::App late({.client_id = "late"});
    late.group("billing", {.initial_offset = rk::InitialOffset::kLatest})
        .topic("orders.v1", {.consumer = rk::consumer<Billing>()});
    return late;
  };
  Plan plan({.servers = 2, .faults = any_faults()});
  plan.produce("orders.v1", 200, order);
  EXPECT_THAT(billing_world().simulate(app, plan, {.seeds = 20 / kShare}), HasNoViolation());
}

TEST(Simulate, ChecksOfOnesOwnSeeTheEnd) {
  Plan plan({.servers = 2});
  plan.produce("orders.v1", 50, order);
  plan.check("there is an invoice for every order", [](const Outcome& outcome) {
    const std::size_t invoices = outcome.records("invoices.v1").size();
    std::size_t orders = 0;
    for (const auto& record : outcome.records("orders.v1")) orders += record.value.empty() ? 0 : 1;
    return invoices >= orders ? std::string() : "invoices are missing";
  });
  EXPECT_THAT(billing_world().simulate(billing_app, plan, {.seeds = 3}), HasNoViolation());

  plan.check("there are no invoices", [](const Outcome& outcome) {
    return outcome.records("invoices.v1").empty() ? std::string() : "there are invoices";
  });
  const Report report = billing_world().simulate(billing_app, plan, {.seeds = 3});
  ASSERT_EQ(report.violations.size(), 3U);
  EXPECT_EQ(report.violations[0].promise, "there are no invoices");
}

TEST(Simulate, ATopicThatIsMissingIsSaid) {
  World world({.brokers = 1});
  world.topic("orders.v1");
  Plan plan;
  plan.produce("orders.v2", 1, order);
  const Report report = world.simulate(billing_app, plan, {.seeds = 1});
  ASSERT_EQ(report.violations.size(), 1U);
  EXPECT_THAT(report.violations[0].text, ::testing::HasSubstr("the plan needs topic orders.v2"));
}

TEST(Simulate, MistakesInTheRoutesAreAViolation) {
  const auto app = [] {
    rk::App wrong({.client_id = "wrong"});
    wrong.group("billing").topic("orders.v1");  // no consumer
    return wrong;
  };
  Plan plan({.servers = 1});
  plan.produce("orders.v1", 1, order);
  const Report report = billing_world().simulate(app, plan, {.seeds = 1});
  ASSERT_EQ(report.violations.size(), 1U);
  EXPECT_THAT(report.violations[0].text, ::testing::HasSubstr("did not start"));
}

}  // namespace
