// errors_test.cc
//
// What semantics.md says of retries, errors and dead letters (sections 3 and 4), seen from outside:
// one consumer, its route's own settings, and a clock by hand. No jitter here, so times are exact.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/time.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "simulations/unit/consumer_unit.h"

namespace rookery::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Pair;
using ::testing::SizeIs;

struct Poison : std::runtime_error {
  explicit Poison(const std::string& what = "poison") : runtime_error(what) {}
};
struct BadPoison : Poison {};
struct Weather : std::runtime_error {
  Weather() : runtime_error("rain") {}
};

constexpr char kTopic[] = "orders.v1";
constexpr char kDlq[] = "orders.v1.dlq";
constexpr char kTrace[] = "0af7651916cd43dd8448eb211c80319c";
constexpr char kParent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

// What happened, over all the objects that a partition's owners make.
struct Story {
  std::vector<std::string> runs;  // "offset.attempt"
  std::vector<Duration> times;    // of the runs, since the first
  TimePoint first{};
};
using Telling = std::shared_ptr<Story>;

// Notes each run, then does what the test says.
class Told : public Consumer {
 public:
  using Action = std::function<void(const Record& record, int attempt, const ErrorTracker& errors)>;
  Told(Telling story, Action action) : story_(std::move(story)), action_(std::move(action)) {}

 private:
  void consume(const Record& record) override {
    if (story_->runs.empty()) story_->first = now();
    story_->runs.push_back(std::to_string(record.offset()) + "." + std::to_string(attempt()));
    story_->times.push_back(now() - story_->first);
    action_(record, attempt(), errors());
  }
  Telling story_;
  Action action_;
};

// A record whose value is "poison" never succeeds.
void refuse_poison(const Record& record, int, const ErrorTracker&) {
  if (record.value().str() == "poison") throw Poison();
}

TopicOptions with_queue(int max_retries) {
  return {.retry_backoff = RetryBackoff{.first = 1s},
          .dead_letter_queue = DeadLetterQueue{.topic = kDlq, .max_retries = max_retries}};
}

class Errors : public ::testing::Test {
 protected:
  ConsumerUnit<Told> unit(TopicOptions options, Told::Action action = refuse_poison) {
    return consumer_for<Told>(kTopic, std::move(options), story, std::move(action));
  }
  const Telling story = std::make_shared<Story>();
};

// ---- Attempts

TEST_F(Errors, AttemptIsOneAgainAfterASuccessAndAfterADispatch) {
  auto orders = unit(with_queue(1), [](const Record& record, int attempt, const ErrorTracker&) {
    if (record.offset() == 0 && attempt == 1) throw Weather();
    if (record.offset() == 2) throw Poison();
  });
  for (int i = 0; i < 4; ++i) orders.produce({.value = "1"});
  orders.advance(1min);
  EXPECT_THAT(story->runs, ElementsAre("0.1", "0.2", "1.1", "2.1", "2.2", "3.1"));
  EXPECT_THAT(orders.dead_letters(), SizeIs(1));
}

TEST_F(Errors, AttemptIsOneAgainWhenThePartitionChangesHands) {
  auto orders = unit({});
  orders.produce({.value = "poison"});
  orders.advance(10s);
  EXPECT_THAT(story->runs, ElementsAre("0.1", "0.2", "0.3", "0.4"));
  orders.revoke();
  orders.advance(1min);
  EXPECT_THAT(story->runs, SizeIs(4)) << "a retry that waited belongs to nobody now";
  orders.assign();
  orders.run();
  EXPECT_EQ(story->runs.back(), "0.1");
  EXPECT_EQ(orders.marked(), 0);
}

TEST_F(Errors, TheWaitDoublesToItsMaximumToTheNanosecond) {
  auto orders = unit({.retry_backoff = RetryBackoff{.first = 1s, .max = 5s, .factor = 2}});
  orders.produce({.value = "poison"});
  orders.advance(18s - 1ns);
  EXPECT_THAT(story->times, ElementsAre(0s, 1s, 3s, 7s, 12s, 17s));
}

// "Dispatch one record; mark it; back off once; go on with the rest."
TEST_F(Errors, AfterADispatchTheLaneBacksOffOnce) {
  auto orders = unit(with_queue(1));
  orders.produce({.value = "poison"}).produce({.value = "1"});
  orders.advance(2s - 1ns);
  EXPECT_THAT(orders.dead_letters(), SizeIs(1));
  EXPECT_EQ(orders.marked(), 1);
  EXPECT_THAT(story->runs, ElementsAre("0.1", "0.2"));
  orders.advance(1ns);
  EXPECT_THAT(story->runs, ElementsAre("0.1", "0.2", "1.1"));
  EXPECT_EQ(orders.marked(), 2);
}

class Iterates : public BatchConsumer {
 public:
  explicit Iterates(Telling story) : story_(std::move(story)) {}

 private:
  void consume(Batch& batch) override {
    story_->runs.push_back(std::to_string(batch.size()) + " records." + std::to_string(attempt()));
    for (const Record& record : batch) refuse_poison(record, attempt(), errors());
  }
  Telling story_;
};

TEST_F(Errors, TheRestOfABatchBeginsAtItsFirstAttempt) {
  auto orders = consumer_for<Iterates>(kTopic, with_queue(1), story);
  orders.produce({.value = "1"}).produce({.value = "poison"}).produce({.value = "2"});
  orders.advance(1min);
  ASSERT_THAT(story->runs, SizeIs(::testing::Ge(3U)));
  EXPECT_EQ(story->runs[0], "3 records.1");
  EXPECT_EQ(story->runs[1], "3 records.2");
  for (std::size_t i = 2; i < story->runs.size(); ++i) {
    EXPECT_THAT(story->runs[i], MatchesRegex("[12] records.1"));
  }
  EXPECT_THAT(orders.dead_letters(), SizeIs(1));
  EXPECT_EQ(orders.dead_letters()[0].source.offset, 1);
  EXPECT_EQ(orders.marked(), 3);
}

// ---- Tracker and trace id

TEST_F(Errors, TheTrackerKeepsTheLastHundredAndCountsThemByClass) {
  std::map<std::string, std::size_t> counts;
  std::string last_trace;
  std::vector<std::size_t> before;  // errors tracked as a record's first attempt begins
  auto orders = unit({.retry_backoff = RetryBackoff{.first = 1ms, .max = 1ms}},
                     [&](const Record& record, int attempt, const ErrorTracker& errors) {
                       if (attempt == 1) before.push_back(errors.total());
                       if (record.offset() != 0) return;
                       if (attempt <= 60) throw Weather();
                       if (attempt <= 120) throw Poison();
                       EXPECT_EQ(errors.total(), 120U);
                       EXPECT_EQ(errors.errors().size(), 100U);
                       EXPECT_EQ(errors.errors().front().attempt, 21);
                       EXPECT_EQ(errors.topic(), kTopic);
                       EXPECT_EQ(errors.partition(), 0);
                       counts = errors.counts();
                       last_trace = errors.trace_id();
                     });
  orders.produce({.value = "1"}).produce({.value = "1"});
  orders.advance(1s);
  EXPECT_THAT(counts, ElementsAre(Pair(HasSubstr("Poison"), 60), Pair(HasSubstr("Weather"), 40)));
  EXPECT_THAT(before, ElementsAre(0, 0)) << "a success clears it";
  const std::vector<Event> errors = orders.errors();
  ASSERT_THAT(errors, SizeIs(120)) << "each failure is one event";
  EXPECT_EQ(errors.back().trace_id, last_trace);
}

TEST_F(Errors, TheTraceIdIsTheRecordsOwnInEventTrackerAndDeadLetter) {
  std::string tracked;
  auto orders =
      unit(with_queue(1), [&](const Record& record, int attempt, const ErrorTracker& errors) {
        if (attempt == 2) tracked = errors.trace_id();
        refuse_poison(record, attempt, errors);
      });
  orders.produce({.value = "poison", .headers = {{"traceparent", kParent}}});
  orders.advance(1min);
  EXPECT_EQ(tracked, kTrace);
  ASSERT_THAT(orders.errors(), SizeIs(2));
  for (const Event& event : orders.errors()) EXPECT_EQ(event.trace_id, kTrace);
  ASSERT_THAT(orders.dead_letters(), SizeIs(1));
  EXPECT_EQ(orders.dead_letters()[0].source.trace_id, kTrace);
}

// Each attempt of a batch may fail at another record.
class FailsAtItsAttempt : public BatchConsumer {
  void consume(Batch& batch) override {
    for (const Record& record : batch) {
      if (record.offset() + 1 == attempt()) throw Poison();
    }
  }
};

TEST_F(Errors, TheTraceIdIsThatOfTheLatestFailure) {
  auto orders = consumer_for<FailsAtItsAttempt>(kTopic, with_queue(1));
  orders.produce({.value = "1", .headers = {{"traceparent", kParent}}});
  std::string second = kParent;
  second[3] = 'f';
  orders.produce({.value = "1", .headers = {{"traceparent", second}}});
  orders.advance(1500ms);
  const std::vector<SentDeadLetter> dead = orders.dead_letters();
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_EQ(dead[0].source.offset, 1);
  EXPECT_EQ(dead[0].source.trace_id, second.substr(3, 32));
  ASSERT_THAT(orders.errors(), SizeIs(2));
  EXPECT_EQ(orders.errors()[0].trace_id, kTrace);
  EXPECT_EQ(orders.errors()[1].trace_id, second.substr(3, 32));
}

// ---- Decisions

TEST_F(Errors, ABaseClassInTheTableMatchesItsChildren) {
  auto orders = unit({.on_error = {on<Poison>(skip()), on<std::runtime_error>(dispatch(kDlq))}},
                     [](const Record& record, int, const ErrorTracker&) {
                       if (record.offset() == 0) throw BadPoison();
                       if (record.offset() == 1) throw Weather();
                     });
  orders.produce({.value = "1"}).produce({.value = "1"}).produce({.value = "1"});
  orders.run();
  EXPECT_THAT(story->runs, ElementsAre("0.1", "1.1", "2.1"));
  ASSERT_THAT(orders.dead_letters(), SizeIs(1));
  EXPECT_EQ(orders.dead_letters()[0].source.offset, 1);
  EXPECT_EQ(orders.marked(), 3) << "what was skipped is done";
  EXPECT_EQ(orders.elapsed(), 0s) << "neither was a retry";
}

TEST_F(Errors, APauseHoldsTheRecordAndAllBehindItForItsTime) {
  auto orders = unit({.on_error = {on<Weather>(pause(30s))}},
                     [](const Record& record, int attempt, const ErrorTracker&) {
                       if (record.offset() == 0 && attempt <= 2) throw Weather();
                     });
  orders.produce({.value = "1"}).produce({.value = "1"});
  orders.advance(60s - 1ns);
  EXPECT_THAT(story->runs, ElementsAre("0.1", "0.2"));
  orders.advance(1ns);
  EXPECT_THAT(story->runs, ElementsAre("0.1", "0.2", "0.3", "1.1"));
  EXPECT_THAT(story->times, ElementsAre(0s, 30s, 60s, 60s));
}

TEST_F(Errors, AStopEndsTheServerWithTheRecordUndone) {
  auto orders = unit({.on_error = {on<Poison>(stop())}});
  orders.produce({.value = "1"}).produce({.value = "poison"}).produce({.value = "1"});
  orders.run();
  EXPECT_EQ(orders.stop(), ExitCode::kForced);
  EXPECT_THAT(story->runs, ElementsAre("0.1", "1.1"));
  EXPECT_EQ(orders.committed(), 1);
  EXPECT_THAT(orders.dead_letters(), IsEmpty());
}

// ---- Dead letters

std::vector<std::string> names_of(const Headers& headers) {
  std::vector<std::string> names;
  for (const auto& [name, value] : headers) names.emplace_back(name);
  return names;
}

TEST_F(Errors, ADeadLetterThatDiesAgainReadsNewestFirst) {
  auto orders = unit(with_queue(0));
  orders.produce({.key = "k",
                  .value = "poison",
                  .headers = {{"source_topic", "older.v1"},
                              {"h", "1"},
                              {"source_offset", "7"},
                              {"source_error_message", "once"},
                              {"h", nullptr}}});
  orders.advance(1min);
  ASSERT_THAT(orders.dead_letters(), SizeIs(1));
  const SentDeadLetter dead = orders.dead_letters()[0];
  EXPECT_EQ(dead.headers, (Headers{{"h", "1"}, {"h", nullptr}}));
  EXPECT_EQ(dead.source.partition.topic, kTopic);
  EXPECT_EQ(dead.source.offset, 0);
  EXPECT_EQ(dead.source.error_message, "poison");
  EXPECT_THAT(
      names_of(dead.all_headers),
      ElementsAre("h", "h", "source_schema", "source_topic", "source_partition", "source_offset",
                  "source_consumer_group", "source_attempts", "source_trace_id", "source_timestamp",
                  "source_error_class", "source_error_message", "source_topic", "source_offset",
                  "source_error_message"));
  EXPECT_EQ(dead.all_headers.last("source_topic"), Bytes("older.v1"));
}

TEST_F(Errors, KeysAndPayloadsStayAsTheyAre) {
  const std::string binary("\0\xff\n", 3);
  auto orders =
      unit(with_queue(0), [](const Record&, int, const ErrorTracker&) { throw Poison(); });
  orders.produce({.key = nullptr, .value = ""})
      .produce({.key = "", .value = nullptr})
      .produce({.key = binary, .value = binary});
  orders.advance(1min);
  const std::vector<SentDeadLetter> dead = orders.dead_letters();
  ASSERT_THAT(dead, SizeIs(3));
  EXPECT_TRUE(dead[0].key.is_null());
  EXPECT_FALSE(dead[0].value.is_null());
  EXPECT_FALSE(dead[1].key.is_null());
  EXPECT_TRUE(dead[1].value.is_null());
  EXPECT_EQ(dead[2].key, binary);
  EXPECT_EQ(dead[2].value, binary);
}

TEST_F(Errors, TheMessageIsCutInTheDeadLetterAlone) {
  const std::string message(3'000, 'x');
  auto orders =
      unit(with_queue(0), [&](const Record&, int, const ErrorTracker&) { throw Poison(message); });
  orders.produce({.value = "1"});
  orders.advance(1min);
  ASSERT_THAT(orders.dead_letters(), SizeIs(1));
  EXPECT_EQ(orders.dead_letters()[0].source.error_message, message.substr(0, 1'024));
  ASSERT_THAT(orders.errors(), SizeIs(1));
  EXPECT_THAT(orders.errors()[0].message, HasSubstr(message));
}

// ---- Revocation

// The first is a dead letter of ours: all that a dispatch needs is known by then.
TEST_F(Errors, WhatFailsAfterTheRevocationIsTheNextOwnersToDispatch) {
  auto orders = unit(with_queue(0), [](const Record& record, int, const ErrorTracker&) {
    if (record.offset() == 1) sleep_until(deadline_in(2s));
    throw Poison();
  });
  orders.produce({.value = "1"}).produce({.value = "1"});
  orders.advance(2s);  // 1 s of backoff, and half of the second record's time
  EXPECT_THAT(orders.dead_letters(), SizeIs(1));
  orders.revoke();
  orders.advance(1min);
  EXPECT_FALSE(orders.is_assigned());
  EXPECT_THAT(orders.dead_letters(), SizeIs(1));
  EXPECT_EQ(orders.marked(), 1);
  EXPECT_THAT(orders.errors(), SizeIs(2)) << "it is told nevertheless";
  orders.assign();
  orders.advance(1min);
  EXPECT_THAT(story->runs, ElementsAre("0.1", "1.1", "1.1"));
  ASSERT_THAT(orders.dead_letters(), SizeIs(2));
  EXPECT_EQ(orders.dead_letters()[1].source.offset, 1);
  EXPECT_EQ(orders.dead_letters()[1].source.attempts, 1);
  EXPECT_EQ(orders.marked(), 2);
}

TEST_F(Errors, ADeadLetterAcknowledgedAfterALossMarksNothing) {
  auto orders = unit(with_queue(0));
  orders.produce({.value = "poison"});
  orders.hold_acknowledgements();
  orders.run();
  EXPECT_THAT(orders.dead_letters(), SizeIs(1));
  EXPECT_EQ(orders.marked(), 0) << "not acknowledged";
  orders.lose();
  orders.acknowledge();
  orders.advance(1min);
  EXPECT_EQ(orders.marked(), 0);
  EXPECT_EQ(orders.committed(), -1);
  orders.assign();
  orders.advance(1min);
  EXPECT_THAT(orders.dead_letters(), SizeIs(2)) << "at least once";
  EXPECT_EQ(orders.marked(), 1);
}

}  // namespace
}  // namespace rookery::testing
