// filters_unit_test.cc
//
// Filters in a real server, with a clock that moves when it is told to: what runs when, what is
// committed meanwhile, and what becomes of what is held back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/rookery.h>
#include <rookery/runtime/time.h>
#include <rookery/testing.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace rookery::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What ran, and when: "3 at 2s".
struct Journal {
  std::vector<std::string> lines;
  TimePoint begun = now();
  void note(const Record& record) { lines.push_back(std::string(record.value().view())); }
};
using JournalPtr = std::shared_ptr<Journal>;

class Noting : public Consumer {
 public:
  explicit Noting(JournalPtr journal, bool sends = false)
      : journal_(std::move(journal)), sends_(sends) {}

 private:
  void consume(const Record& record) override {
    journal_->note(record);
    if (sends_) producer().send({.topic = "out", .value = record.value()});
  }
  const JournalPtr journal_;
  const bool sends_;
};

class Unit {
 public:
  explicit Unit(TopicOptions options, bool sends = false)
      : unit_("orders.v1", std::move(options), journal_, sends) {}
  UnitOfRoute& operator*() { return unit_; }
  UnitOfRoute* operator->() { return &unit_; }

  // Records of these values, with the time of the run() that pushes them, or so much older.
  Unit& produce(const std::vector<std::string>& values) {
    for (const std::string& value : values) unit_.produce({.value = value});
    return *this;
  }
  Unit& produce_aged(const std::string& value, Duration age) {
    // The unit's calendar begins there.
    constexpr auto kBegin = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
    const auto time = std::chrono::time_point_cast<std::chrono::milliseconds>(kBegin) +
                      std::chrono::duration_cast<std::chrono::milliseconds>(unit_.elapsed() - age);
    unit_.produce({.value = value, .timestamp_ms = time.time_since_epoch().count()});
    return *this;
  }
  std::vector<std::string> ran() {
    unit_.run();
    return std::exchange(journal_->lines, {});
  }
  std::vector<std::string> ran_after(Duration time) {
    unit_.advance(time);
    return std::exchange(journal_->lines, {});
  }
  std::vector<std::string> events_of(EventKind kind) const {
    std::vector<std::string> out;
    for (const Event& event : unit_.events()) {
      if (event.kind != kind) continue;
      out.push_back((event.offset ? std::to_string(*event.offset) : "-") + ": " + event.message);
    }
    return out;
  }

 private:
  JournalPtr journal_ = std::make_shared<Journal>();
  ConsumerUnit<Noting> unit_;
};

// ---- throttle

TEST(ThrottledPartition, RunsSoManyInAWindowAndCommitsNoneThatWaits) {
  Unit unit({.filters = {throttle(2, 10s)}});
  unit.produce({"a", "b", "c", "d", "e"});
  EXPECT_THAT(unit.ran(), ElementsAre("a", "b"));
  EXPECT_EQ(unit->marked(), 2);
  EXPECT_THAT(unit.ran_after(9'999ms), IsEmpty());
  EXPECT_EQ(unit->committed(), 2);
  EXPECT_THAT(unit.ran_after(1ms), ElementsAre("c", "d"));
  EXPECT_THAT(unit.ran_after(10s), ElementsAre("e"));
  EXPECT_EQ(unit->marked(), 5);
  EXPECT_THAT(unit.events_of(EventKind::kFilterPaused),
              ElementsAre("2: for 10s: 3 records wait", "4: for 10s: 1 record waits"));
  EXPECT_EQ(unit->stop(), ExitCode::kClean);
}

TEST(ThrottledPartition, CountsARecordWhoseOutputFailedOnce) {
  Unit unit({.filters = {throttle(3, 1h)}}, /*sends=*/true);
  unit->hold_acknowledgements();
  unit.produce({"a", "b", "c", "d"});
  EXPECT_THAT(unit.ran(), ElementsAre("a", "b", "c"));
  unit->fail_deliveries();
  // All three run again, and the window has no more room for it than before.
  EXPECT_THAT(unit.ran_after(1min), ElementsAre("a", "b", "c"));
  EXPECT_EQ(unit->marked(), 3);
  EXPECT_THAT(unit.ran_after(58min), IsEmpty());
  EXPECT_THAT(unit.ran_after(1min), ElementsAre("d"));
}

TEST(ThrottledPartition, BeginsAnewWithItsNextOwner) {
  Unit unit({.filters = {throttle(2, 1h)}});
  unit.produce({"a", "b", "c"});
  EXPECT_THAT(unit.ran(), ElementsAre("a", "b"));
  unit->revoke();
  unit->assign();
  EXPECT_THAT(unit.ran(), ElementsAre("c"));
}

// ---- delay

TEST(DelayedPartition, HoldsEachRecordAsLongAsItSays) {
  Unit unit({.filters = {delay(10s)}});
  unit.produce({"a"});
  EXPECT_THAT(unit.ran(), IsEmpty());
  EXPECT_THAT(unit.ran_after(4s), IsEmpty());
  unit.produce({"b"});
  EXPECT_THAT(unit.ran_after(5'999ms), IsEmpty());
  EXPECT_EQ(unit->marked(), 0);
  EXPECT_THAT(unit.ran_after(1ms), ElementsAre("a"));
  EXPECT_EQ(unit->marked(), 1);
  EXPECT_THAT(unit.ran_after(4s), ElementsAre("b"));
}

TEST(DelayedPartition, WhatIsHeldAtARevocationIsTheNextOwners) {
  Unit unit({.filters = {delay(10s)}});
  unit.produce_aged("old", 20s).produce({"a", "b"});
  EXPECT_THAT(unit.ran(), ElementsAre("old"));
  unit->advance(6s);
  unit->revoke();
  EXPECT_EQ(unit->committed(), 1);
  EXPECT_FALSE(unit->is_assigned());
  unit->assign();
  EXPECT_THAT(unit.ran_after(3'999ms), IsEmpty()) << "the time of the record counts";
  EXPECT_THAT(unit.ran_after(1ms), ElementsAre("a", "b"));
  EXPECT_EQ(unit->stop(), ExitCode::kClean);
}

TEST(DelayedPartition, HoldsBackNoStop) {
  Unit unit({.filters = {delay(1h)}});
  unit.produce({"a"});
  EXPECT_THAT(unit.ran(), IsEmpty());
  const Duration before = unit->elapsed();
  EXPECT_EQ(unit->stop(), ExitCode::kClean);
  EXPECT_LT(unit->elapsed() - before, 5s);
  EXPECT_LE(unit->committed(), 0);
}

TEST(DelayedPartition, RunsNothingThatTheLogLost) {
  Unit unit({.filters = {delay(10s)}});
  unit.produce({"a", "lost b", "lost c"});
  EXPECT_THAT(unit.ran(), IsEmpty());
  unit->truncate(1);
  unit.produce({"new b"});
  unit->advance(9s);
  EXPECT_THAT(unit.ran_after(20s), ::testing::Contains("new b"));
  EXPECT_EQ(unit->marked(), 2);
}

// ---- expire

TEST(ExpiringPartition, PassesWhatIsTooOldWithoutRunningIt) {
  Unit unit({.filters = {expire(1min)}});
  unit.produce_aged("old", 2min).produce_aged("just", 1min).produce_aged("older", 3min);
  EXPECT_THAT(unit.ran(), ElementsAre("just"));
  EXPECT_EQ(unit->marked(), 3);
}

TEST(ExpiringPartition, AnEmptiedBatchTakesEffect) {
  Unit unit({.filters = {expire(1min)}, .max_records = 2});
  for (int i = 0; i < 6; ++i) unit.produce_aged("old", 2min);
  EXPECT_THAT(unit.ran(), IsEmpty());
  EXPECT_EQ(unit->marked(), 6);
  EXPECT_THAT(unit->errors(), IsEmpty());
}

TEST(ExpiringPartition, AnEmptiedBatchIsNotCommittedOverUndoneWork) {
  Unit unit({.filters = {expire(1min)}, .max_records = 1}, /*sends=*/true);
  unit->hold_acknowledgements();
  unit.produce({"a"}).produce_aged("old", 2min).produce({"b"}).produce_aged("old", 2min);
  EXPECT_THAT(unit.ran_after(20s), ElementsAre("a", "b"));
  EXPECT_EQ(unit->marked(), 0);
  EXPECT_LE(unit->committed(), 0);
  unit->acknowledge();
  unit->run();
  EXPECT_EQ(unit->marked(), 4);
}

// ---- Together, and one's own

TEST(FilteredPartition, TwoKindsTogether) {
  Unit unit({.filters = {expire(1min), delay(10s), throttle(2, 40s)}});
  unit.produce_aged("gone", 2min);
  for (const char* name : {"a", "b", "c", "d"}) unit.produce_aged(name, 5s);
  EXPECT_THAT(unit.ran(), IsEmpty());
  EXPECT_EQ(unit->marked(), 1);
  EXPECT_THAT(unit.ran_after(5s), ElementsAre("a", "b"));
  EXPECT_THAT(unit.ran_after(39'999ms), IsEmpty());
  EXPECT_EQ(unit->marked(), 3);
  // They are 50 s old.
  EXPECT_THAT(unit.ran_after(1ms), ElementsAre("c", "d"));
  EXPECT_EQ(unit->marked(), 5);
}

class Dropping : public Filter {
 public:
  explicit Dropping(bool is_marking) : is_marking_(is_marking) {}
  void apply(FilterBatch& batch) override {
    batch.remove_if([](const Record& record) { return record.value() == "drop"; });
  }
  bool marks() const override { return is_marking_; }

 private:
  const bool is_marking_;
};

TEST(FilteredPartition, WhatIsDroppedWithoutAMarkIsPassedWithALaterRecord) {
  Unit unit({.filters = {filter<Dropping>(false)}});
  unit.produce({"a", "drop", "b", "drop", "drop"});
  EXPECT_THAT(unit.ran(), ElementsAre("a", "b"));
  EXPECT_EQ(unit->marked(), 3);
  unit->advance(1min);
  EXPECT_EQ(unit->committed(), 3);
  unit.produce({"drop", "c"});
  EXPECT_THAT(unit.ran(), ElementsAre("c"));
  EXPECT_EQ(unit->marked(), 7);
}

TEST(FilteredPartition, WhatIsDroppedWithAMarkIsPassed) {
  Unit unit({.filters = {filter<Dropping>(true)}});
  unit.produce({"drop", "drop"});
  EXPECT_THAT(unit.ran(), IsEmpty());
  EXPECT_EQ(unit->marked(), 2);
}

struct Broken : std::runtime_error {
  Broken() : runtime_error("no rules yet") {}
};

class Throwing : public Filter {
 public:
  explicit Throwing(std::shared_ptr<int> throws_left) : throws_left_(std::move(throws_left)) {}
  void apply(FilterBatch&) override {
    if ((*throws_left_)-- > 0) throw Broken();
  }

 private:
  const std::shared_ptr<int> throws_left_;
};

TEST(FilteredPartition, AThrowIsToldAndTheSameRecordsAreFilteredAgain) {
  const auto throws_left = std::make_shared<int>(2);
  Unit unit({.filters = {filter<Throwing>(throws_left), throttle(3, 1h)},
             .retry_backoff = RetryBackoff{.first = 1s, .max = 5s, .jitter_percent = 0}});
  unit.produce({"a", "b"});
  EXPECT_THAT(unit.ran(), IsEmpty());
  ASSERT_EQ(unit->errors().size(), 1U);
  EXPECT_EQ(unit->errors()[0].error_type, "filter");
  EXPECT_THAT(unit->errors()[0].error_class, HasSubstr("Broken"));
  EXPECT_EQ(unit->errors()[0].message, "no rules yet");
  EXPECT_EQ(unit->errors()[0].offset, 0);
  EXPECT_EQ(unit->errors()[0].attempt, 1);
  EXPECT_THAT(unit.events_of(EventKind::kRetryScheduled), ElementsAre("0: again in 1s"));
  EXPECT_THAT(unit.ran_after(2'999ms), IsEmpty());
  EXPECT_EQ(unit->errors().size(), 2U);
  EXPECT_THAT(unit.ran_after(1ms), ElementsAre("a", "b"));
  EXPECT_EQ(unit->marked(), 2);
}

TEST(FilteredPartition, AFactoryThatThrowsIsRetried) {
  const auto throws_left = std::make_shared<int>(1);
  Unit unit({.filters = {FilterFactory([throws_left](const std::string&, PartitionId) {
               if ((*throws_left)-- > 0) throw Broken();
               return std::make_unique<Dropping>(true);
             })}});
  unit.produce({"a", "drop"});
  EXPECT_THAT(unit.ran(), IsEmpty());
  EXPECT_THAT(unit.ran_after(2s), ElementsAre("a"));
  EXPECT_EQ(unit->marked(), 2);
}

// Goes where it is told, once it sees "go".
class Going : public Filter {
 public:
  Going(FilterAction action, Offset cursor) : action_(action), target_(cursor) {}
  void apply(FilterBatch& batch) override {
    is_going_ = false;
    for (const Record& record : batch) is_going_ = is_going_ || record.value() == "go";
    if (is_going_ && !std::exchange(has_gone_, true)) return;
    is_going_ = false;
  }
  FilterAction action() const override { return is_going_ ? action_ : FilterAction::skip(); }
  std::optional<Offset> cursor() const override { return target_; }

 private:
  const FilterAction action_;
  const Offset target_;
  bool is_going_ = false;
  bool has_gone_ = false;
};

TEST(FilteredPartition, ASeekForwardLeavesOutWhatLiesBetween) {
  Unit unit({.filters = {filter<Going>(FilterAction::seek(), Offset{5})}, .max_records = 2});
  unit.produce({"go", "a", "b", "c", "d", "e"});
  EXPECT_THAT(unit.ran(), ElementsAre("go", "a", "e"));
  EXPECT_EQ(unit->marked(), 6);
}

TEST(FilteredPartition, WhatASeekLeavesOutIsNotPassedBeforeALaterRecord) {
  Unit unit({.filters = {filter<Going>(FilterAction::seek(), Offset{5})}, .max_records = 2});
  unit.produce({"go", "a", "b", "c"});
  EXPECT_THAT(unit.ran(), ElementsAre("go", "a"));
  EXPECT_EQ(unit->marked(), 2);
}

TEST(FilteredPartition, APauseWithoutACursorHoldsNothingBack) {
  class Resting : public Filter {
   public:
    void apply(FilterBatch&) override {}
    FilterAction action() const override { return FilterAction::pause(5s); }
  };
  Unit unit({.filters = {filter<Resting>()}, .max_records = 2});
  unit.produce({"a", "b", "c"});
  EXPECT_THAT(unit.ran(), ElementsAre("a", "b"));
  EXPECT_EQ(unit->marked(), 2);
  EXPECT_THAT(unit.ran_after(4'999ms), IsEmpty());
  EXPECT_THAT(unit.ran_after(1ms), ElementsAre("c"));
}

TEST(FilteredPartition, GoingNowhereIsAnErrorAndNoSpin) {
  class Stuck : public Filter {
   public:
    void apply(FilterBatch& batch) override { first_ = batch[0].offset(); }
    FilterAction action() const override { return FilterAction::seek(); }
    std::optional<Offset> cursor() const override { return first_; }

   private:
    Offset first_ = 0;
  };
  Unit unit({.filters = {filter<Stuck>()}});
  unit.produce({"a"});
  EXPECT_THAT(unit.ran_after(2s), IsEmpty());
  ASSERT_GE(unit->errors().size(), 1U);
  EXPECT_LE(unit->errors().size(), 3U);
  EXPECT_THAT(unit->errors()[0].message, HasSubstr("at once"));
}

TEST(FilteredPartition, GoesThroughLanesOfKeys) {
  Unit unit({.ordering = by_key(), .filters = {throttle(2, 10s), filter<Dropping>(true)}});
  for (const char* key : {"k1", "k2", "k1", "k2", "k3"}) {
    unit->produce({.key = key, .value = key});
  }
  EXPECT_THAT(unit.ran(), ::testing::UnorderedElementsAre("k1", "k2"));
  EXPECT_THAT(unit.ran_after(10s), ::testing::UnorderedElementsAre("k1", "k2"));
  EXPECT_EQ(unit->marked(), 4);
  EXPECT_THAT(unit.ran_after(10s), ElementsAre("k3"));
  EXPECT_EQ(unit->marked(), 5);
  EXPECT_EQ(unit->stop(), ExitCode::kClean);
}

}  // namespace
}  // namespace rookery::testing
