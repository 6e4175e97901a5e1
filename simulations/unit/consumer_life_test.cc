// consumer_life_test.cc
//
// A consumer's life with a clock that moves when it is told to: ticks, lags, the partition's end,
// and what takes too long.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
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
using ::testing::SizeIs;

// What it was told, and when: "0 at 2s".
class Diary : public Consumer {
 public:
  using Work = std::function<void(Diary&, const Record&)>;
  explicit Diary(Work work = {}) : work_(std::move(work)) {}

  std::vector<std::string> take() { return std::exchange(lines_, {}); }
  void note(const std::string& what) {
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now() - born_);
    lines_.push_back(what + " at " + std::to_string(since.count()));
  }
  using Consumer::attempt;
  using Consumer::consumption_lag;
  using Consumer::processing_lag;

  std::function<void()> on_tick;

 private:
  void eofed() override { note("end"); }
  void tick() override {
    note("tick");
    if (on_tick) on_tick();
  }
  void consume(const Record& record) override {
    note(std::to_string(record.offset()));
    if (work_) work_(*this, record);
  }

  const TimePoint born_ = now();
  const Work work_;
  std::vector<std::string> lines_;
};

std::vector<std::string> slow_runs(const UnitOfRoute& unit) {
  std::vector<std::string> out;
  for (const Event& event : unit.events()) {
    if (event.kind != EventKind::kConsumeSlow) continue;
    out.push_back((event.offset ? std::to_string(*event.offset) : "-") + ": " + event.message);
  }
  return out;
}

// ---- The end of the partition

TEST(UnitsEnd, IsToldBehindWhatWasProduced) {
  auto unit = consumer_for<Diary>("orders.v1");
  unit.run();
  EXPECT_THAT(unit.consumer()->take(), ElementsAre("end at 0")) << "of an empty partition";
  unit.produce({.value = "a"}).produce({.value = "b"}).run();
  EXPECT_THAT(unit.consumer()->take(), ElementsAre("0 at 0", "1 at 0", "end at 0"));
  unit.advance(1h);
  EXPECT_THAT(unit.consumer()->take(), IsEmpty()) << "once";
  unit.revoke();
  unit.assign();
  unit.run();
  EXPECT_THAT(unit.consumer()->take(), ElementsAre("end at 0")) << "a new object, born now";
}

TEST(UnitsEnd, ComesBehindTheLastRetry) {
  auto unit = consumer_for<Diary>("orders.v1", {.retry_backoff = RetryBackoff{.first = 1s}},
                                  [](Diary& diary, const Record&) {
                                    if (diary.attempt() == 1) throw std::runtime_error("not yet");
                                  });
  unit.produce({.value = "a"}).run();
  EXPECT_THAT(unit.consumer()->take(), ElementsAre("0 at 0"));
  unit.advance(1s);
  EXPECT_THAT(unit.consumer()->take(), ElementsAre("0 at 1000", "end at 1000"));
}

TEST(UnitsEnd, ComesBehindWhatAFilterHoldsBack) {
  auto unit = consumer_for<Diary>("orders.v1", {.filters = {delay(10s)}});
  unit.produce({.value = "a"}).run();
  EXPECT_EQ(unit.consumer(), nullptr) << "nothing to tell anybody";
  unit.advance(10s);
  EXPECT_THAT(unit.consumer()->take(), ElementsAre("0 at 0", "end at 0"));
}

// ---- Ticks

TEST(UnitsTicks, ComeOnceAnIntervalWhileThereIsNothingToDo) {
  auto unit = consumer_for<Diary>("orders.v1", {.tick_interval = 10s});
  unit.run();
  EXPECT_THAT(unit.consumer()->take(), ElementsAre("end at 0"));
  unit.advance(9'999ms);
  EXPECT_THAT(unit.consumer()->take(), IsEmpty());
  unit.advance(1ms);
  EXPECT_THAT(unit.consumer()->take(), ElementsAre("tick at 10000"));
  unit.advance(25s);
  EXPECT_THAT(unit.consumer()->take(), ElementsAre("tick at 20000", "tick at 30000"));
  unit.produce({.value = "a"}).run();
  EXPECT_THAT(unit.consumer()->take(), ElementsAre("0 at 35000", "end at 35000"));
  unit.advance(9'999ms);
  EXPECT_THAT(unit.consumer()->take(), IsEmpty()) << "counted from the last record";
  unit.advance(1ms);
  EXPECT_THAT(unit.consumer()->take(), ElementsAre("tick at 45000"));
  EXPECT_EQ(unit.stop(), ExitCode::kClean);
}

TEST(UnitsTicks, AreNotMadeWithoutAnInterval) {
  auto unit = consumer_for<Diary>("orders.v1");
  unit.run();
  unit.advance(24h);
  EXPECT_THAT(unit.consumer()->take(), ElementsAre("end at 0"));
}

TEST(UnitsTicks, ComeNeitherWhileARecordFailsNorWhileItRuns) {
  auto unit = consumer_for<Diary>(
      "orders.v1", {.tick_interval = 1s, .retry_backoff = RetryBackoff{.first = 30s}},
      [](Diary& diary, const Record&) {
        if (diary.attempt() == 1) throw std::runtime_error("not yet");
        sleep_until(deadline_in(1min));
      });
  unit.produce({.value = "a"});
  unit.advance(1min + 30s);
  EXPECT_THAT(unit.consumer()->take(), ElementsAre("0 at 0", "0 at 30000", "end at 90000"));
  unit.advance(1s);
  EXPECT_THAT(unit.consumer()->take(), ElementsAre("tick at 91000"));
}

TEST(UnitsTicks, AreAnIntervalApartHoweverLongTheyTake) {
  auto unit = consumer_for<Diary>("orders.v1", {.tick_interval = 10s});
  unit.run();
  unit.consumer()->take();
  unit.consumer()->on_tick = [] { sleep_until(deadline_in(25s)); };
  unit.advance(80s);
  EXPECT_THAT(unit.consumer()->take(),
              ElementsAre("tick at 10000", "tick at 45000", "tick at 80000"));
}

TEST(UnitsTicks, ComeToEachLane) {
  auto unit = consumer_for<Diary>("orders.v1", {.ordering = by_key(), .tick_interval = 10s});
  unit.produce({.key = "a"}).run();
  unit.consumer()->take();
  unit.advance(20s);
  EXPECT_THAT(unit.consumer()->take(), ElementsAre("tick at 10000", "tick at 20000"));
}

// Its work takes ten minutes of a thread of its own.
class Waiting : public WaitingConsumer {
 public:
  ~Waiting() override {
    for (Thread& thread : threads_) thread.join();
  }
  int ticks = 0;
  int ends = 0;

 private:
  void consume(const Record&, Completion completion) override {
    const auto shared = std::make_shared<Completion>(std::move(completion));
    threads_.emplace_back("work", [shared] {
      sleep_until(deadline_in(10min));
      shared->done();
    });
  }
  void tick() override { ++ticks; }
  void eofed() override { ++ends; }

  std::vector<Thread> threads_;
};

TEST(UnitsTicks, DoNotComeWhileARecordIsUnfinished) {
  auto unit = consumer_for<Waiting>("orders.v1", {.tick_interval = 1s});
  unit.produce({.value = "a"}).run();
  unit.advance(9min);
  unit.produce({.value = "b"}).run();  // a step, and the first is still unfinished
  unit.advance(1min - 1ms);
  EXPECT_EQ(unit.consumer()->ticks, 0);
  EXPECT_EQ(unit.consumer()->ends, 0);
  unit.advance(10min + 1ms);
  EXPECT_EQ(unit.marked(), 2);
  EXPECT_EQ(unit.consumer()->ticks, 0);
  EXPECT_EQ(unit.consumer()->ends, 2) << "behind each of them";
  unit.advance(1s);
  EXPECT_EQ(unit.consumer()->ticks, 1);
}

// ---- Lags

TEST(UnitsLags, CountFromTheRecordsTimeAndFromItsArrival) {
  constexpr auto kBegin = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
  const auto aged = [&](Duration age) {
    const auto time = std::chrono::time_point_cast<std::chrono::milliseconds>(kBegin) -
                      std::chrono::duration_cast<std::chrono::milliseconds>(age);
    return time.time_since_epoch().count();
  };
  std::vector<std::pair<Duration, Duration>> lags;
  auto unit = consumer_for<Diary>("orders.v1", {.retry_backoff = RetryBackoff{.first = 7s}},
                                  [&](Diary& diary, const Record& record) {
                                    const auto age = diary.consumption_lag();
                                    const Duration here = diary.processing_lag();
                                    lags.emplace_back(age.value(), here);
                                    sleep_until(deadline_in(2s));
                                    EXPECT_EQ(diary.processing_lag(), here) << "of its beginning";
                                    EXPECT_EQ(diary.consumption_lag(), *age + 2s) << "of now";
                                    if (record.offset() == 1 && diary.attempt() == 1) {
                                      throw std::runtime_error("not yet");
                                    }
                                  });
  unit.produce({.value = "a", .timestamp_ms = aged(1min)});
  unit.produce({.value = "b", .timestamp_ms = aged(-1h)});  // a producer whose clock is ahead
  unit.advance(1min);
  // Both came at 0 s; they ran at 0 s, 2 s, and after the backoff at 11 s.
  EXPECT_THAT(lags, ElementsAre(std::pair<Duration, Duration>(1min, 0s),
                                std::pair<Duration, Duration>(2s - 1h, 2s),
                                std::pair<Duration, Duration>(11s - 1h, 11s)));
}

TEST(UnitsLags, OfATimestampThatIsInMicrosecondsIsTheLeastThereIs) {
  std::vector<std::optional<Duration>> lags;
  auto unit = consumer_for<Diary>("orders.v1", {}, [&](Diary& diary, const Record&) {
    lags.push_back(diary.consumption_lag());
  });
  unit.produce({.value = "a", .timestamp_ms = 1'795'000'000'000'000});
  unit.advance(1s);
  EXPECT_THAT(lags, ElementsAre(Duration::min()));
}

class BatchLags : public BatchConsumer {
 public:
  std::vector<std::string> seen;

 private:
  void note() {
    const auto lag = consumption_lag();
    seen.push_back(
        lag ? std::to_string(std::chrono::duration_cast<std::chrono::seconds>(*lag).count())
            : "none");
  }
  void initialized() override {
    note();
    EXPECT_EQ(processing_lag(), 0s);
  }
  void consume(Batch& batch) override {
    note();
    for (const Record& record : batch) {
      static_cast<void>(record);
      note();
    }
    EXPECT_EQ(processing_lag(), 3s) << "of its first";
  }
};

TEST(UnitsLags, OfABatchAreOfTheRecordOneStandsAt) {
  auto unit = consumer_for<BatchLags>("orders.v1", {.min_records = 2, .max_wait = 4s});
  unit.produce({.value = "a"}).run();
  unit.advance(3s);
  unit.produce({.value = "b"});
  unit.advance(0s);
  EXPECT_THAT(unit.consumer()->seen, ElementsAre("none", "3", "3", "0"));
}

// ---- What takes too long

TEST(UnitsWatchdog, TellsOfEachRunOnceWithPlaceAndTime) {
  auto unit = consumer_for<Diary>("orders.v1", {.consume_timeout = 5min},
                                  [](Diary& diary, const Record& record) {
                                    if (record.offset() == 0) return;
                                    sleep_until(deadline_in(20min));
                                    if (diary.attempt() == 1) throw std::runtime_error("again");
                                  });
  unit.produce({.value = "a"}).produce({.value = "b"});
  unit.advance(5min - 1s);
  EXPECT_THAT(slow_runs(unit), IsEmpty());
  unit.advance(3s);
  EXPECT_THAT(slow_runs(unit),
              ElementsAre("1: consume is not over after 5m, consume_timeout is 5m"));
  unit.advance(14min);
  EXPECT_THAT(slow_runs(unit), SizeIs(1)) << "once";
  unit.advance(10min);
  EXPECT_THAT(slow_runs(unit), SizeIs(2)) << "the second run is one of its own";
  unit.advance(20min);
  EXPECT_THAT(slow_runs(unit), SizeIs(2));
  EXPECT_EQ(unit.marked(), 2);
}

TEST(UnitsWatchdog, WatchesHooksAndWorkThatWaits) {
  auto unit = consumer_for<Diary>("orders.v1", {.consume_timeout = 1min, .tick_interval = 10s});
  unit.run();
  unit.consumer()->on_tick = [] { sleep_until(deadline_in(10min)); };
  unit.advance(2min);
  EXPECT_THAT(slow_runs(unit), ElementsAre("-: tick is not over after 1m, consume_timeout is 1m"));
  auto waiting = consumer_for<Waiting>("orders.v1", {.consume_timeout = 1min});
  waiting.produce({.value = "a"}).run();
  waiting.advance(2min);
  EXPECT_THAT(slow_runs(waiting),
              ElementsAre("0: consume is not over after 1m, consume_timeout is 1m"));
  waiting.advance(10min);
  EXPECT_THAT(slow_runs(waiting), SizeIs(1));
}

}  // namespace
}  // namespace rookery::testing
