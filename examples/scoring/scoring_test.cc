// scoring_test.cc
//
// Each payment is scored, by its segment alone and in the order of its customer, whatever Kafka
// does; also those whose key names no customer.

#include "examples/scoring/scoring_app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/testing.h>

#include <chrono>
#include <set>
#include <string>
#include <utility>

namespace scoring {
namespace {

using namespace rookery::testing;
using namespace std::chrono_literals;

using KeyAndValue = std::pair<std::string, std::string>;

// Empty when each payment has its score.
std::string unscored(const Outcome& outcome) {
  std::set<KeyAndValue> scores;
  for (const auto& score : outcome.records("scores.v1")) {
    scores.emplace(score.key.view(), score.value.view());
  }
  for (const auto& lost : outcome.lost_records("scores.v1")) {
    scores.emplace(lost.record.key.view(), lost.record.value.view());
  }
  for (const auto& payment : outcome.records("payments.v1")) {
    const std::string score = std::to_string(score_of(payment.value.view()));
    if (!payment.is_owed || scores.contains({std::string(payment.key.view()), score})) continue;
    return "payment " + std::string(payment.key.view()) + " has no score " + score;
  }
  return "";
}

PlannedRecord any_payment(Draw& draw) {
  std::string customer = draw.key(8);
  PlannedRecord payment{.value = std::to_string(draw.below(100'000))};
  payment.key = draw.one_in(20) ? customer : customer + "/" + std::to_string(draw.below(1'000));
  return payment;
}

TEST(Scoring, EachPaymentIsScoredInItsSegmentWhateverKafkaDoes) {
  World world({.brokers = 3});
  world.topic("payments.v1", {.partitions = 2}).topic("scores.v1");
  Plan plan({.servers = {1, 3}, .faults = any_faults(), .load = 5s});
  plan.produce("payments.v1", 60, any_payment);
  plan.check("each payment has its score", unscored);
  const Report report = world.simulate(scoring_app, plan, {.seeds = 60});
  EXPECT_THAT(report, HasNoViolation());
}

}  // namespace
}  // namespace scoring
