// dead_letters_test.cc
//
// What a report says of dead letters: exactly the refused records, whatever Kafka does, and in
// words when it is not so.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/rookery.h>
#include <rookery/testing.h>

#include <sstream>
#include <stdexcept>
#include <string>

namespace rookery::testing {
namespace {

using ::testing::_;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Matcher;
using ::testing::Not;

struct Refused : std::runtime_error {
  Refused() : runtime_error("refused") {}
};

class Billing : public Consumer {
  void consume(const Record& order) override {
    if (order.value().empty()) throw Refused();
    producer().send({.topic = "invoices.v1", .key = order.key(), .value = order.value()});
  }
};

App app_with(int max_retries) {
  App app({.client_id = "billing"});
  app.group("billing").topic(
      "orders.v1", {.consumer = consumer<Billing>(),
                    .dead_letter_queue = {{.topic = "orders.v1.dlq", .max_retries = max_retries}}});
  return app;
}

Report simulate(int max_retries, int empty_one_in, std::uint64_t seeds,
                FaultSet faults = any_faults()) {
  World world({.brokers = 3});
  world.topic("orders.v1", {.partitions = 3}).topic("orders.v1.dlq").topic("invoices.v1");
  Plan plan({.servers = {1, 3}, .faults = faults, .load = std::chrono::seconds(5)});
  plan.produce("orders.v1", 60, [empty_one_in](Draw& draw) {
    return record({.key = draw.key(5),
                   .value = draw.one_in(static_cast<std::uint64_t>(empty_one_in)) ? "" : "1"});
  });
  return world.simulate([max_retries] { return app_with(max_retries); }, plan, {.seeds = seeds});
}

std::string explanation(const Matcher<const Report&>& matcher, const Report& report) {
  ::testing::StringMatchResultListener out;
  EXPECT_FALSE(matcher.MatchAndExplain(report, &out));
  return out.str();
}

// Also where nothing is tried again: what faults throw is no record's fault.
TEST(DeadLetters, ExactlyTheRefusedWhateverKafkaDoes) {
  for (const int max_retries : {0, 3}) {
    const Report report = simulate(max_retries, 20, 150);
    EXPECT_THAT(report, HasNoViolation());
    // What would be given up at once is never struck.
    EXPECT_EQ(report.faults.at("throwing_handler") > 0, max_retries > 0);
    EXPECT_THAT(report, DeadLettersExactly("orders.v1.dlq", HasEmptyValue()));
  }
}

TEST(DeadLetters, SaysWhichRecordIsOneTooManyOrMissing) {
  const Report report = simulate(1, 3, 3, no_faults());
  EXPECT_THAT(
      explanation(DeadLettersExactly("orders.v1.dlq", HasValue("1")), report),
      AllOf(HasSubstr("times a record with key"), HasSubstr("and value \"\" is a dead letter")));
  EXPECT_THAT(explanation(DeadLettersExactly("orders.v1.dlq", _), report),
              HasSubstr("and value \"1\" is no dead letter"));
  EXPECT_THAT(explanation(DeadLettersExactly("elsewhere", HasEmptyValue()), report),
              HasSubstr("no route dead letters to 'elsewhere'"));
  EXPECT_THAT(report, DeadLettersExactly("orders.v1.dlq", AllOf(HasEmptyValue(), HasKey(_))));
}

TEST(DeadLetters, NoneAtAllProveNothing) {
  const Report report = simulate(1, 1'000'000, 1, no_faults());
  EXPECT_THAT(explanation(DeadLettersExactly("orders.v1.dlq", HasEmptyValue()), report),
              HasSubstr("no record became a dead letter"));
  EXPECT_THAT(explanation(DeadLettersExactly("orders.v1.dlq", HasEmptyValue()), Report()),
              HasSubstr("made no run"));
}

TEST(DeadLetters, TheMatcherDescribesItself) {
  std::ostringstream text;
  Matcher<const Report&>(DeadLettersExactly("dlq", HasHeader("kind", "bad"))).DescribeTo(&text);
  EXPECT_EQ(text.str(),
            "dead letters to 'dlq' exactly each record that has a header kind that is equal to "
            "\"bad\"");
}

}  // namespace
}  // namespace rookery::testing
