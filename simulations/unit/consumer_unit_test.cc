// consumer_unit_test.cc
//
// What a unit shows of a consumer: marks, outputs, dead letters, events, and time by hand.

#include "simulations/unit/consumer_unit.h"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/time.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace rookery::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct MissingAmount : std::runtime_error {
  using runtime_error::runtime_error;
};

class Billing : public Consumer {
 public:
  std::vector<std::string> seen;
  int hooks = 0;

 private:
  void initialized() override { ++hooks; }
  void consume(const Record& order) override {
    seen.push_back(order.key().str() + "@" + std::to_string(order.offset()) + "." +
                   std::to_string(attempt()));
    if (order.value().empty()) throw MissingAmount("order without amount");
    producer().send({.topic = "invoices.v1", .key = order.key(), .value = order.value()});
  }
};

App billing_app() {
  App app({.client_id = "billing"});
  app.group("billing").topic("orders.v1",
                             {.consumer = consumer<Billing>(),
                              .dead_letter_queue = {{.topic = "orders.v1.dlq", .max_retries = 3}}});
  app.group("billing").topic("other.v1", {.consumer = consumer<Billing>()});
  app.group("reports").topic("orders.v1", {.consumer = consumer<Billing>()});
  return app;
}

TEST(ConsumerUnit, ShowsWhatWasMarkedAndProduced) {
  auto billing = consumer_for<Billing>("orders.v1");
  billing.produce({.key = "a", .value = "12.50"}).produce({.key = "b", .value = "1"});
  EXPECT_EQ(billing.marked(), 0) << "nothing ran yet";
  billing.run();
  EXPECT_THAT(billing.consumer()->seen, ElementsAre("a@0.1", "b@1.1"));
  EXPECT_EQ(billing.consumer()->hooks, 1);
  EXPECT_EQ(billing.marked(), 2);
  EXPECT_EQ(billing.committed(), -1) << "the commit interval has not passed";
  const std::vector<SentRecord> invoices = billing.produced("invoices.v1");
  ASSERT_THAT(invoices, SizeIs(2));
  EXPECT_EQ(invoices[0].key, "a");
  EXPECT_EQ(invoices[0].value, "12.50");
  EXPECT_THAT(billing.produced("elsewhere"), IsEmpty());
  EXPECT_THAT(billing.errors(), IsEmpty());
  EXPECT_EQ(billing.elapsed(), 0s);
  billing.advance(5s);
  EXPECT_EQ(billing.committed(), 2);
  EXPECT_EQ(billing.stop(), ExitCode::kClean);
}

TEST(ConsumerUnit, TimeMovesByHandOnly) {
  auto billing = consumer_for<Billing>("orders.v1", {.retry_backoff = RetryBackoff{.first = 1s}});
  billing.produce({.key = "a"});
  billing.run();
  billing.run();
  EXPECT_THAT(billing.consumer()->seen, SizeIs(1));
  billing.advance(999ms);
  EXPECT_THAT(billing.consumer()->seen, SizeIs(1));
  billing.advance(1ms);
  EXPECT_THAT(billing.consumer()->seen, ElementsAre("a@0.1", "a@0.2"));
  EXPECT_EQ(billing.elapsed(), 1s);
  billing.advance(2s);
  EXPECT_THAT(billing.consumer()->seen, SizeIs(3));
  EXPECT_EQ(billing.marked(), 0);
  ASSERT_THAT(billing.errors(), SizeIs(3));
  EXPECT_THAT(billing.errors()[0].error_class, HasSubstr("MissingAmount"));
}

TEST(ConsumerUnit, TheRouteOfAnAppWithItsDeadLetters) {
  auto billing = consumer_for(billing_app(), "billing", "orders.v1");
  const std::string binary("\0\xff", 2);
  billing.produce({.key = "a", .value = "1"})
      .produce({.key = binary, .value = "", .headers = {{"h", "1"}, {"h", nullptr}}})
      .produce({.key = nullptr, .value = "2"});
  billing.run();
  EXPECT_EQ(billing.marked(), 1);
  EXPECT_THAT(billing.dead_letters(), IsEmpty());
  billing.advance(1min);
  const std::vector<SentDeadLetter> dead = billing.dead_letters();
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_EQ(dead[0].topic, "orders.v1.dlq");
  EXPECT_EQ(dead[0].key, binary);
  EXPECT_EQ(dead[0].headers, (Headers{{"h", "1"}, {"h", nullptr}}));
  EXPECT_EQ(dead[0].source.offset, 1);
  EXPECT_EQ(dead[0].source.group, "billing");
  EXPECT_EQ(dead[0].source.attempts, 4);
  EXPECT_THAT(dead[0].source.error_class, HasSubstr("MissingAmount"));
  EXPECT_THAT(billing.produced(), SizeIs(2)) << "dead letters are apart";
  EXPECT_EQ(billing.marked(), 3);
}

TEST(ConsumerUnit, OutputsBeforeMarks) {
  auto billing = consumer_for<Billing>("orders.v1");
  billing.hold_acknowledgements();
  billing.produce({.key = "a", .value = "1"}).run();
  EXPECT_THAT(billing.produced(), SizeIs(1));
  EXPECT_EQ(billing.marked(), 0);
  billing.fail_deliveries();
  EXPECT_THAT(billing.consumer()->seen, SizeIs(1));
  billing.advance(2s);
  EXPECT_THAT(billing.consumer()->seen, ElementsAre("a@0.1", "a@0.2"));
  EXPECT_EQ(billing.marked(), 1);
  billing.hold_acknowledgements();
  billing.produce({.key = "b", .value = "2"}).run();
  EXPECT_EQ(billing.marked(), 1);
  billing.acknowledge();
  EXPECT_EQ(billing.marked(), 2);
}

// Waits in the unit's time, and tells when it was asked to go.
class Slow : public Consumer {
 public:
  int done = 0;

 private:
  void consume(const Record&) override {
    sleep_until(deadline_in(2s));
    ++done;
  }
};

TEST(ConsumerUnit, ASlowConsumerIsRevokedInOrder) {
  auto slow = consumer_for<Slow>("orders.v1");
  slow.produce({.value = "1"}).produce({.value = "2"}).run();
  EXPECT_EQ(slow.consumer()->done, 0);
  slow.advance(1s);
  slow.revoke();
  EXPECT_TRUE(slow.is_assigned()) << "the work goes on within its grace";
  slow.advance(1s);
  EXPECT_FALSE(slow.is_assigned());
  EXPECT_EQ(slow.consumer(), nullptr);
  EXPECT_EQ(slow.committed(), 1);
  slow.assign();
  slow.run();
  EXPECT_EQ(slow.consumer()->done, 0) << "a new object";
  slow.advance(2s);
  EXPECT_EQ(slow.consumer()->done, 1) << "the second record, and it alone";
  EXPECT_EQ(slow.marked(), 2);
}

TEST(ConsumerUnit, WhatIsLostDoesNotCount) {
  auto slow = consumer_for<Slow>("orders.v1");
  slow.produce({.value = "1"}).run();
  slow.lose();
  EXPECT_FALSE(slow.is_assigned());
  slow.advance(10s);
  EXPECT_EQ(slow.marked(), 0);
  EXPECT_EQ(slow.committed(), -1);
  slow.assign();
  slow.run();
  slow.advance(2s);
  EXPECT_EQ(slow.marked(), 1);
}

class Sums : public BatchConsumer {
 public:
  Sums(int factor, std::string text) : factor_(factor), text_(std::move(text)) {}
  std::string said;

 private:
  void consume(Batch& batch) override {
    said += text_ + std::to_string(static_cast<int>(batch.size()) * factor_);
    if (!mark(batch[batch.size() - 1])) throw std::runtime_error("revoked");
  }
  int factor_;
  std::string text_;
};

TEST(ConsumerUnit, BatchesManualMarksAndArguments) {
  auto sums = consumer_for<Sums>("numbers", {.max_records = 2, .marking = Marking::kManual}, 10,
                                 std::string("x"));
  for (int i = 0; i < 3; ++i) sums.produce({.value = "1"});
  sums.run();
  EXPECT_EQ(sums.consumer()->said, "x20x10");
  EXPECT_EQ(sums.marked(), 3);
}

TEST(ConsumerUnit, TimestampsFollowTheUnitsClock) {
  std::vector<std::int64_t> stamps;
  App app;
  app.group("g").topic("t", {.consumer = consumer([&](const Record& record) {
                               stamps.push_back(record.timestamp().time_since_epoch().count());
                             })});
  auto unit = consumer_for(app, "g", "t");
  unit.produce({.value = "1"}).produce({.value = "2", .timestamp_ms = 7}).run();
  unit.advance(1h);
  unit.produce({.value = "3"}).run();
  constexpr std::int64_t kYear2026 = 1'767'225'600'000;
  EXPECT_THAT(stamps, ElementsAre(kYear2026, 7, kYear2026 + 3'600'000));
}

TEST(ConsumerUnit, TheSameUnitDoesTheSameAgain) {
  const auto story = [] {
    auto billing = consumer_for(billing_app(), "billing", "orders.v1");
    billing.produce({.key = "a", .value = ""}).run();
    billing.advance(1min);
    std::string text;
    for (const Event& event : billing.events()) {
      text += event.message + " " + event.trace_id + "\n";
    }
    return text;
  };
  EXPECT_EQ(story(), story());
}

TEST(ConsumerUnit, MistakesFailTheTestWithTheirPlace) {
  EXPECT_NONFATAL_FAILURE({ auto unit = consumer_for<Billing>("orders.v1", {.max_records = 0}); },
                          "groups.unit.topics.orders.v1.max_records");
  EXPECT_NONFATAL_FAILURE({ auto unit = consumer_for(billing_app(), "billing", "nowhere"); },
                          "no route of topic 'nowhere' in group 'billing'");
}

class LocksTwice : public Consumer {
  void consume(const Record&) override {
    MutexLock one(mutex_);
    MutexLock other(mutex_);
  }
  Mutex mutex_{"twice", 2000};
};

TEST(ConsumerUnit, ADeadlockFailsTheTest) {
  auto unit = consumer_for<LocksTwice>("orders.v1");
  unit.produce({.value = "1"});
  EXPECT_NONFATAL_FAILURE(unit.run(), "twice");
  unit.run();  // nothing more to be had of it
  EXPECT_EQ(unit.stop(), ExitCode::kStartupError);
}

// In a group that begins at the end what came before its first commit is lost with its owner.
TEST(ConsumerUnit, AGroupThatBeginsAtTheEndCommitsItsBeginningSoon) {
  for (const InitialOffset begins_at : {InitialOffset::kLatest, InitialOffset::kEarliest}) {
    App app({.client_id = "billing"});
    app.group("billing", {.initial_offset = begins_at, .commit_interval = 1h})
        .topic("orders.v1", {.consumer = consumer([](const Record&) {})});
    UnitOfRoute billing(app, "billing", "orders.v1");
    billing.produce({.value = "1"}).run();
    billing.advance(100ms);
    EXPECT_EQ(billing.committed(), begins_at == InitialOffset::kLatest ? 1 : -1);
    billing.advance(100ms);
    billing.produce({.value = "2"}).run();
    billing.advance(1min);
    EXPECT_EQ(billing.committed(), begins_at == InitialOffset::kLatest ? 1 : -1) << "only that";
  }
}

}  // namespace
}  // namespace rookery::testing
