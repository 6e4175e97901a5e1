// built_in_test.cc
//
// throttle, delay and expire, at moments chosen by the test.
#include <rookery/filtering/filter_chain.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <limits>
#include <vector>

namespace rookery {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = FilterAction::Kind;

const TopicPartition kPartition{"orders", 0};

// Records 0, 1, 2 ... of these times; -1 has none.
std::vector<Record> records_of(const std::vector<std::int64_t>& timestamps_ms) {
  static const PartitionHandle kHandle{kPartition, nullptr};
  std::vector<Record> out;
  for (const std::int64_t timestamp : timestamps_ms) {
    out.push_back(Record({.partition = &kHandle,
                          .offset = static_cast<Offset>(out.size()),
                          .timestamp_ms = timestamp}));
  }
  return out;
}

FilterChain chain(Filters filters) { return FilterChain(filters, kPartition); }
TimePoint at(Duration since_start) { return TimePoint() + since_start; }
WallTime wall(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }

// ---- throttle

TEST(Throttle, LetsTheLimitThroughAndWaitsForTheWindow) {
  FilterChain filters = chain({throttle(3, 1s)});
  const auto records = records_of(std::vector<std::int64_t>(5, 0));
  const std::span<const Record> all(records);
  const ChainVerdict first = filters.apply(all, at(10s), wall(0));
  EXPECT_THAT(first.kept, ElementsAre(0, 1, 2));
  EXPECT_EQ(first.action.kind, Kind::kPause);
  EXPECT_EQ(first.action.pause_for, 1s);
  EXPECT_EQ(first.cursor, 3);
  EXPECT_EQ(first.held_begin, 3U);

  const ChainVerdict early = filters.apply(all.subspan(3), at(10s + 400ms), wall(0));
  EXPECT_THAT(early.kept, IsEmpty());
  EXPECT_EQ(early.action.pause_for, 600ms);
  const ChainVerdict later = filters.apply(all.subspan(3), at(11s), wall(0));
  EXPECT_FALSE(later.is_applied);
}

TEST(Throttle, CountsWhatPassedTheWholeChain) {
  FilterChain filters = chain({throttle(3, 1s), delay(5ms)});
  const auto records = records_of({0, 0, 100, 100});
  const std::span<const Record> all(records);
  // Two of the three are let through; the third comes again, and is counted then.
  const ChainVerdict first = filters.apply(all, at(0s), wall(100));
  EXPECT_THAT(first.kept, ElementsAre(0, 1));
  EXPECT_EQ(first.action.pause_for, 5ms);
  const ChainVerdict second = filters.apply(all.subspan(2), at(5ms), wall(105));
  EXPECT_THAT(second.kept, ElementsAre(0));
  EXPECT_EQ(second.action.pause_for, 995ms);
}

template <class T>
T any_in(T from, T to) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(from, to));
}

RC_GTEST_PROP(Throttle, NeverMoreThanTheLimitInAnyWindow, ()) {
  const auto limit = any_in<std::size_t>(1, 6);
  const Duration per = std::chrono::milliseconds(any_in(1, 50));
  FilterChain filters = chain({throttle(limit, per)});
  const auto records = records_of(std::vector<std::int64_t>(60, 0));
  std::span<const Record> left(records);
  std::vector<TimePoint> run;
  TimePoint now = at(3s);
  while (!left.empty()) {
    const std::size_t size = any_in<std::size_t>(1, std::min<std::size_t>(left.size(), 9) + 1);
    const ChainVerdict verdict = filters.apply(left.first(size), now, wall(0));
    const std::size_t passed = verdict.is_applied ? verdict.kept.size() : size;
    run.insert(run.end(), passed, now);
    left = left.subspan(passed);
    if (verdict.is_applied) {
      RC_ASSERT(verdict.action.pause_for > 0s);
      // When the pause is over at least one goes on.
      now += verdict.action.pause_for;
    } else {
      now += std::chrono::milliseconds(any_in(0, 20));
    }
    if (passed == 0 && verdict.is_applied) {
      const ChainVerdict next = filters.apply(left.first(1), now, wall(0));
      RC_ASSERT(!next.is_applied);
      run.push_back(now);
      left = left.subspan(1);
    }
  }
  for (std::size_t i = limit; i < run.size(); ++i) RC_ASSERT(run[i] - run[i - limit] >= per);
}

// ---- delay

TEST(Delay, HoldsARecordAndAllBehindIt) {
  FilterChain filters = chain({delay(10s)});
  const auto records = records_of({0, -1, 3'000, 1'000});
  const ChainVerdict first = filters.apply(records, at(0s), wall(11'500));
  EXPECT_THAT(first.kept, ElementsAre(0, 1));
  EXPECT_EQ(first.action.kind, Kind::kPause);
  EXPECT_EQ(first.action.pause_for, 1'500ms);
  EXPECT_EQ(first.held_begin, 2U);
  EXPECT_FALSE(filters.apply(records, at(0s), wall(13'000)).is_applied);
}

TEST(Delay, LooksAgainBecauseTheCalendarMayBeSet) {
  FilterChain filters = chain({delay(1h)});
  const auto records = records_of({0});
  EXPECT_EQ(filters.apply(records, at(0s), wall(1)).action.pause_for, 1min);
}

TEST(Delay, BearsTimestampsOfAnyNumber) {
  FilterChain filters = chain({delay(Duration::max())});
  const auto records = records_of({std::numeric_limits<std::int64_t>::max(), 0});
  EXPECT_EQ(filters.apply(records, at(0s), wall(1)).action.pause_for, 1min);
  EXPECT_EQ(filters.apply(records, at(0s), wall(-5)).action.pause_for, 1min);
  const auto late = records_of({std::numeric_limits<std::int64_t>::max()});
  EXPECT_EQ(chain({delay(1s)}).apply(late, at(0s), wall(1)).held_begin, 0U);
  EXPECT_FALSE(chain({expire(1s)}).apply(late, at(0s), wall(1)).is_applied);
}

// ---- expire

TEST(Expire, DropsOlderRecordsAndMarksThem) {
  FilterChain filters = chain({expire(10s)});
  const auto records = records_of({0, 1'000, -1, 999});
  const ChainVerdict verdict = filters.apply(records, at(0s), wall(11'000));
  EXPECT_THAT(verdict.kept, ElementsAre(1, 2));
  EXPECT_EQ(verdict.action.kind, Kind::kSkip);
  EXPECT_EQ(verdict.passed_end, 4U);
}

TEST(Expire, DropsWhatBecomesTooOldWhileItIsHeld) {
  FilterChain filters = chain({throttle(1, 10s), expire(5s)});
  const auto records = records_of({0, 0});
  const std::span<const Record> all(records);
  EXPECT_THAT(filters.apply(all, at(0s), wall(0)).kept, ElementsAre(0));
  const ChainVerdict later = filters.apply(all.subspan(1), at(10s), wall(10'000));
  EXPECT_THAT(later.kept, IsEmpty());
  EXPECT_EQ(later.passed_end, 1U);
}

// ---- lists

std::vector<std::string> texts(const Filters& filters) {
  std::vector<std::string> out;
  for (const Filters::Wrong& wrong : filters.mistakes()) {
    out.push_back(std::to_string(wrong.index) + ": " + wrong.message);
  }
  return out;
}

TEST(FilterList, TellsEveryMistakeAtOnce) {
  EXPECT_THAT(texts({throttle(0, 0s), delay(-1s), expire(0s)}),
              ElementsAre("0: throttle(0 per 0s) must let through at least 1 record, and needs a "
                          "time above zero",
                          "1: delay(-1s) needs a time above zero",
                          "2: expire(0s) needs a time above zero"));
  EXPECT_THAT(texts({throttle(1, 1s), delay(5min), expire(1h)}), IsEmpty());
}

TEST(FilterList, ADelayLongerThanTheExpiryIsAMistake) {
  EXPECT_THAT(texts({expire(1min), delay(5min)}),
              ElementsAre("0: expire(1m) drops every record before delay(5m) lets it run"));
}

TEST(FilterList, NothingSaidIsNotNoFilter) {
  EXPECT_FALSE(Filters().is_given());
  EXPECT_TRUE(no_filters().is_given());
  EXPECT_TRUE(no_filters().empty());
  const Filters given = {throttle(5, 1s)};
  EXPECT_TRUE(given.is_given());
  EXPECT_EQ(given.begin()->text(), "throttle(5 per 1s)");
}

}  // namespace
}  // namespace rookery
