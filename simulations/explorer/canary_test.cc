// canary_test.cc
//
// Programs, transports and worlds that are wrong on purpose. Each must be found, by the promise it
// breaks, and replayed from its line: the whole chain from a fault to a report.

#include <gtest/gtest.h>
#include <rookery/rookery.h>
#include <rookery/runtime/choice_point.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/random.h>
#include <rookery/runtime/time.h>
// allow(layering): the test kit is under test here, as users meet it
#include <rookery/testing.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

#include "simulations/explorer/campaign.h"
#include "simulations/explorer/saboteur.h"
#include "simulations/world/run.h"

namespace rookery::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Plan;
using testing::Report;
using testing::World;

class Forwarder : public Consumer {
  void consume(const Record& order) override {
    producer().send({.topic = "invoices.v1", .key = order.key(), .value = order.value()});
    sleep_until(deadline_in(milliseconds(20)));
  }
};

App app_of(ConsumerFactory consumer, TopicOptions options = {}) {
  App app({.client_id = "canary", .shutdown_timeout = seconds(20)});
  options.consumer = std::move(consumer);
  app.group("canary", {.commit_interval = milliseconds(300)}).topic("orders.v1", options);
  return app;
}
App forwarding_app() { return app_of(consumer<Forwarder>()); }

World small_world() {
  World world({.brokers = 3});
  world.topic("orders.v1", {.partitions = 3}).topic("invoices.v1", {.partitions = 3});
  return world;
}

Plan plan_with(testing::FaultSet faults, std::uint64_t records = 300) {
  Plan plan({.servers = {2, 3}, .faults = faults, .load = seconds(10)});
  plan.produce("orders.v1", records, [](testing::Draw& draw) {
    return testing::record({.key = draw.key(20), .value = draw.key(1000)});
  });
  return plan;
}

// The report of the campaign up to its first violation.
Report hunt(const std::function<App()>& app, const Plan& plan, const Sabotage* sabotage = nullptr,
            std::uint64_t seeds = 60, const std::string& replay = {}) {
  const World world = small_world();
  RunInput input{.world = world, .plan = plan, .app = app};
  if (sabotage != nullptr) {
    input.sabotage = [sabotage](Transport& inner) { return make_saboteur(inner, *sabotage); };
  }
  return run_campaign(
      {.program = "canary",
       .run = run_function(input),
       .options = {.seeds = seeds, .replay = replay, .threads = 1, .violations_most = 1}});
}

// Found as `promise`, told in at most 25 lines and a few words, and the same again from its line.
void expect_found(const std::string& promise, const std::function<App()>& app, const Plan& plan,
                  const Sabotage* sabotage = nullptr) {
  const Report report = hunt(app, plan, sabotage);
  ASSERT_EQ(report.violations.size(), 1U) << "not found: " << promise;
  const testing::Violation& violation = report.violations[0];
  EXPECT_EQ(violation.promise, promise) << violation.text;
  EXPECT_THAT(report, Not(testing::HasNoViolation()));

  const Report again = hunt(app, plan, sabotage, 1, violation.replay);
  ASSERT_EQ(again.violations.size(), 1U);
  EXPECT_EQ(again.violations[0].promise, promise);
  EXPECT_EQ(again.violations[0].replay, violation.replay);
  EXPECT_THAT(again.violations[0].text, HasSubstr("replayed: the same trace"));
}

TEST(Canary, TheSaboteurAtRestBreaksNothing) {
  const Sabotage nothing;
  EXPECT_THAT(hunt(forwarding_app, plan_with(testing::any_faults()), &nothing, 20),
              testing::HasNoViolation());
}

TEST(Canary, WorkMarkedBeforeItIsDoneIsLost) {
  class MarksFirst : public Consumer {
    void consume(const Record& order) override {
      mark(order);
      sleep_until(deadline_in(milliseconds(700)));
      producer().send({.topic = "invoices.v1", .key = order.key()});
    }
  };
  expect_found(
      "no loss", [] { return app_of(consumer<MarksFirst>(), {.marking = Marking::kManual}); },
      plan_with({FaultKind::kProcessRestart}, 100));
}

TEST(Canary, ACommitOneTooFar) {
  const Sabotage sabotage{.commit = [](Offset offset) { return offset + 1; }};
  expect_found("commit never past undone work", forwarding_app, plan_with({}), &sabotage);
}

TEST(Canary, ACommitThatFalls) {
  const Sabotage sabotage{.commit = [](Offset offset) {
    return offset > 3 && random_below(4) == 0 ? offset - 3 : offset;
  }};
  expect_found("commits only forwards, by the owner", forwarding_app, plan_with({}), &sabotage);
}

TEST(Canary, AnOutputThatIsReportedAndNotSent) {
  const Sabotage sabotage{.lose_output_one_in = 50};
  expect_found("commit never past undone work", forwarding_app, plan_with({}), &sabotage);
}

TEST(Canary, ARecordThatIsPassedOver) {
  const Sabotage sabotage{.take = [](std::vector<Record>& records) {
    if (records.size() > 2) records.erase(records.begin() + 1);
  }};
  expect_found("order per partition", forwarding_app, plan_with({}), &sabotage);
}

TEST(Canary, ARecordThatIsGivenTwice) {
  const Sabotage sabotage{.take = [](std::vector<Record>& records) {
    if (records.size() > 2) records.insert(records.begin() + 1, records[0]);
  }};
  expect_found("justified duplicates", forwarding_app, plan_with({}), &sabotage);
}

TEST(Canary, ARecordOfAnotherContent) {
  const Sabotage sabotage{.take = [](std::vector<Record>& records) {
    const Record& first = records[0];
    static const PartitionHandle handle{{"orders.v1", first.partition()}, nullptr};
    if (first.partition() != handle.topic_partition.partition) return;
    records[0] = Record({.partition = &handle, .offset = first.offset(), .value = "forged"});
  }};
  expect_found("records unchanged", forwarding_app, plan_with({}), &sabotage);
}

TEST(Canary, WorkOnPartitionsThatWereHandedBack) {
  const Sabotage sabotage{.late_revocation = seconds(3)};
  class Slow : public Consumer {
    void consume(const Record&) override { sleep_until(deadline_in(milliseconds(200))); }
  };
  expect_found(
      "no work after hand-back", [] { return app_of(consumer<Slow>()); },
      plan_with({FaultKind::kProcessRestart}), &sabotage);
}

TEST(Canary, ARecordThatNeverSucceeds) {
  class Stubborn : public Consumer {
    void consume(const Record& order) override {
      if (order.offset() == 7) throw std::runtime_error("never");
    }
  };
  expect_found(
      "everything is consumed in the end", [] { return app_of(consumer<Stubborn>()); },
      plan_with({}, 60));
}

TEST(Canary, AServerThatDoesNotStop) {
  class Lingers : public Consumer {
    void consume(const Record&) override {}
    void shutdown() override { sleep_until(deadline_in(std::chrono::minutes(10))); }
  };
  expect_found(
      "servers stop in order", [] { return app_of(consumer<Lingers>()); }, plan_with({}, 60));
}

TEST(Canary, UserCodeThatDeadlocks) {
  struct Locks {
    Mutex one{"one", 2000};
    Mutex other{"other", 2000};
  };
  class Deadlocks : public Consumer {
   public:
    explicit Deadlocks(std::shared_ptr<Locks> locks) : locks_(std::move(locks)) {}

   private:
    void consume(const Record& order) override {
      MutexLock first(order.partition() == 0 ? locks_->one : locks_->other);
      choice_point("between the locks");
      MutexLock second(order.partition() == 0 ? locks_->other : locks_->one);
    }
    std::shared_ptr<Locks> locks_;
  };
  const Report report =
      hunt([] { return app_of(consumer<Deadlocks>(std::make_shared<Locks>())); }, plan_with({}));
  ASSERT_EQ(report.violations.size(), 1U);
  EXPECT_THAT(report.violations[0].promise, ::testing::AnyOf("locks", "deadlock"));
}

TEST(Canary, AProgramThatIsNotAFunctionOfItsSeed) {
  static std::atomic<int> calls = 0;
  class Counts : public Consumer {
    void consume(const Record&) override {
      if (++calls % 1000 == 0) sleep_until(deadline_in(milliseconds(5)));
    }
  };
  const Report report = hunt([] { return app_of(consumer<Counts>()); }, plan_with({}));
  ASSERT_EQ(report.violations.size(), 1U);
  EXPECT_EQ(report.violations[0].promise, "not deterministic");
}

TEST(Canary, AStoryIsShortAndNamesWhatMatters) {
  const Sabotage sabotage{.commit = [](Offset offset) { return offset + 1; }};
  const Report report = hunt(forwarding_app, plan_with({}), &sabotage);
  ASSERT_EQ(report.violations.size(), 1U);
  const std::string& text = report.violations[0].text;
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 27);
  EXPECT_THAT(text, HasSubstr("orders.v1-"));
  EXPECT_THAT(text, HasSubstr("accepted, generation"));
  EXPECT_THAT(report.text(), HasSubstr("replay: r1:"));
}

}  // namespace
}  // namespace rookery::sim
