// lanes_figures.cc
//
// Work that sleeps, so that what is measured is how well it is dealt out, not the two processors.
#include "bench/lanes_figures.h"

#include <rookery/processing/consumer.h>
#include <rookery/routing/ordering.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/thread.h>
#include <rookery/runtime/time.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "bench/framework_run.h"
#include "bench/keyed_kafka.h"
#include "bench/plain_pool.h"

namespace rookery::bench {
namespace {

using namespace std::chrono_literals;

constexpr int kThreads = 100;  // and lanes
constexpr double kOverIdealMost = 1.15;

// When work began, when the last of it was done.
class Span {
 public:
  explicit Span(std::uint64_t records) : left_(records) {}

  void begin() {
    MutexLock lock(mutex_);
    if (!begin_) begin_ = now();
  }
  void end() {
    MutexLock lock(mutex_);
    if (--left_ == 0) end_ = now();
  }
  Result<double> seconds() const {
    MutexLock lock(mutex_);
    if (!begin_ || !end_) return fail(ErrorCode::kState, "not all work was done");
    return std::chrono::duration<double>(*end_ - *begin_).count();
  }

 private:
  mutable Mutex mutex_{"bench.span", ranks::kLeaf};
  std::uint64_t left_;
  std::optional<TimePoint> begin_;
  std::optional<TimePoint> end_;
};

// ---- lanes.keys_*

struct Shape {
  int partitions = 1;
  std::uint64_t keys = 1;  // in each partition
  std::uint64_t records = 0;

  Place place_of(std::uint64_t number) const {
    const auto count = static_cast<std::uint64_t>(partitions);
    return {.partition = static_cast<PartitionId>(number % count), .key = number / count % keys};
  }
};

// 0 to 5 ms.
Duration work_of(std::uint64_t number) {
  return std::chrono::microseconds(static_cast<std::int64_t>(scattered(number) % 5'001));
}

// No order of the work can be faster: a key's work is done one after the other, and so is that of a
// lane.
double seconds_at_least(const Shape& shape) {
  std::map<std::pair<PartitionId, std::uint64_t>, Duration> keys;
  std::map<PartitionId, Duration> partitions;
  Duration all{};
  for (std::uint64_t number = 0; number < shape.records; ++number) {
    const Place place = shape.place_of(number);
    keys[{place.partition, place.key}] += work_of(number);
    partitions[place.partition] += work_of(number);
    all += work_of(number);
  }
  Duration least = all / kThreads;
  for (const auto& [key, work] : keys) least = std::max(least, work);
  for (const auto& [partition, work] : partitions) {
    const auto lanes = std::min<std::uint64_t>(shape.keys, kThreads);
    least = std::max(least, work / static_cast<std::int64_t>(lanes));
  }
  return std::chrono::duration<double>(least).count();
}

class Sleepers {
 public:
  Sleepers(const Shape& shape, std::unique_ptr<KeyedKafka> kafka)
      : kafka_(std::move(kafka)), records_(shape.records), least_(seconds_at_least(shape)) {}

  Result<Turn> by_server() {
    const auto span = std::make_shared<Span>(records_);
    RunningServer server(kafka_->transport(), KeyedKafka::topic(),
                         consumer([span](const Record& record) { sleep_on(*span, record); }),
                         {.ordering = by_key({.max_lanes = kThreads}), .workers = kThreads});
    if (Result<Turn> turn = consume_topic(server, records_); !turn) return turn;
    return over_least(*span);
  }
  Result<Turn> by_pool() {
    Span span(records_);
    Status ran = run_plain_pool(*kafka_, kThreads,
                                [&span](const Record& record) { sleep_on(span, record); });
    if (!ran) return fail(ran.error());
    return over_least(span);
  }

 private:
  static void sleep_on(Span& span, const Record& record) {
    span.begin();
    sleep_until(deadline_in(work_of(number_of(record))));
    span.end();
  }
  Result<Turn> over_least(const Span& span) const {
    const Result<double> seconds = span.seconds();
    if (!seconds) return fail(seconds.error());
    return Turn{.seconds = *seconds, .value = *seconds / least_};
  }

  const std::unique_ptr<KeyedKafka> kafka_;
  const std::uint64_t records_;
  const double least_;
};

// The worse of one partition and of twelve.
class BothShapes {
 public:
  static Result<std::unique_ptr<BothShapes>> make(std::uint64_t keys, std::uint64_t records_most) {
    auto both = std::make_unique<BothShapes>();
    for (const int partitions : {1, 12}) {
      Shape shape{.partitions = partitions, .keys = keys};
      const auto chains =
          std::min<std::uint64_t>(keys * static_cast<std::uint64_t>(partitions), kThreads);
      // Half a second where few may run at once.
      shape.records = std::min(records_most, 200 * chains);
      auto kafka = KeyedKafka::make(partitions, shape.records,
                                    [&](std::uint64_t number) { return shape.place_of(number); });
      if (!kafka) return fail(kafka.error());
      both->shapes_.emplace_back(shape, std::move(*kafka));
    }
    return both;
  }

  Result<Turn> worst(Result<Turn> (Sleepers::*take_turn)()) {
    Turn worst;
    for (Sleepers& shape : shapes_) {
      const Result<Turn> turn = (shape.*take_turn)();
      if (!turn) return turn;
      worst.seconds += turn->seconds;
      worst.value = std::max(worst.value, turn->value);
    }
    return worst;
  }

 private:
  std::deque<Sleepers> shapes_;
};

void add_keys(Measurements& measurements, std::uint64_t keys) {
  const std::uint64_t records = measurements.settings().is_quick ? 100 : 10'000;
  auto shapes = std::make_shared<std::unique_ptr<BothShapes>>();
  measurements.add(
      {.name = "lanes.keys_" + std::to_string(keys),
       .unit = "times the least",
       .better = Better::kLower,
       .target = [](double) { return kOverIdealMost; },
       .ours = [=] { return (*shapes)->worst(&Sleepers::by_server); },
       .raw = Alternative{.take_turn = [=] { return (*shapes)->worst(&Sleepers::by_pool); }},
       .rounds = 5,
       .prepare = [=]() -> Status {
         auto made = BothShapes::make(keys, records);
         if (!made) return fail(made.error());
         *shapes = std::move(*made);
         return {};
       },
       .clean_up = [=] { shapes->reset(); }});
}

// ---- The others: a topic of 1,000 keys

using Kafka = std::shared_ptr<std::unique_ptr<KeyedKafka>>;

std::function<Status()> fill(const Kafka& kafka, int partitions, std::uint64_t records,
                             std::function<std::uint64_t(std::uint64_t number)> key_of_number) {
  return [=]() -> Status {
    auto made = KeyedKafka::make(partitions, records, [&](std::uint64_t number) {
      const std::uint64_t key = key_of_number(number);
      const auto count = static_cast<std::uint64_t>(partitions);
      return Place{.partition = static_cast<PartitionId>(key % count), .key = key};
    });
    if (!made) return fail(made.error());
    *kafka = std::move(*made);
    return {};
  };
}

constexpr std::uint64_t kKeys = 1'000;

Result<Turn> run(const Kafka& kafka, ConsumerFactory consumer, const RunOptions& options) {
  RunningServer server((*kafka)->transport(), KeyedKafka::topic(), std::move(consumer), options);
  return consume_topic(server, (*kafka)->records());
}

void add_trivial_work(Measurements& measurements) {
  const std::uint64_t records = measurements.settings().is_quick ? 5'000 : 2'000'000;
  const Kafka kafka = std::make_shared<std::unique_ptr<KeyedKafka>>();
  const auto take_turn = [=](const Ordering& ordering) {
    return run(kafka, consumer([](const Record&) {}), {.ordering = ordering});
  };
  measurements.add({.name = "lanes.trivial_work",
                    .unit = "records/s",
                    .target = [](double) { return 1'000'000.0; },
                    .ours = [=] { return take_turn(by_key()); },
                    .raw = Alternative{.take_turn = [=] { return take_turn(in_partition()); }},
                    .prepare = fill(kafka, 12, records, ZipfKeys(kKeys)),
                    .clean_up = [=] { kafka->reset(); }});
}

// From the first that begins to the last that is done.
Result<Turn> rate(const Span& span, std::uint64_t records) {
  const Result<double> seconds = span.seconds();
  if (!seconds) return fail(seconds.error());
  return Turn{.seconds = *seconds, .value = static_cast<double>(records) / *seconds};
}

// Finishes each a fixed time after it came, on a thread of its own.
class Timer {
 public:
  explicit Timer(Duration delay) : delay_(delay), thread_("timer", [this] { run(); }) {}
  ~Timer() {
    {
      MutexLock lock(mutex_);
      is_stopped_ = true;
      changed_.notify_one();
    }
    thread_.join();
  }
  void add(Completion completion) {
    MutexLock lock(mutex_);
    waiting_.push_back({deadline_in(delay_), std::move(completion)});
    if (waiting_.size() == 1) changed_.notify_one();
  }

 private:
  struct Waiting {
    TimePoint due;
    Completion completion;
  };

  void run() {
    for (;;) {
      std::deque<Waiting> due;
      {
        MutexLock lock(mutex_);
        changed_.wait_until(lock, kNever, [this] { return is_stopped_ || !waiting_.empty(); });
        if (is_stopped_) return;
        changed_.wait_until(lock, waiting_.front().due, [this] { return is_stopped_; });
        while (is_due()) {
          due.push_back(std::move(waiting_.front()));
          waiting_.pop_front();
        }
      }
      for (Waiting& one : due) one.completion.done();
    }
  }
  bool is_due() const { return !waiting_.empty() && waiting_.front().due <= now(); }

  const Duration delay_;
  Mutex mutex_{"bench.timer", ranks::kLeaf};
  ConditionVariable changed_{"bench.timer.changed"};
  std::deque<Waiting> waiting_;
  bool is_stopped_ = false;
  Thread thread_;
};

void add_waiting(Measurements& measurements) {
  const std::uint64_t records = measurements.settings().is_quick ? 2'000 : 400'000;
  const Kafka kafka = std::make_shared<std::unique_ptr<KeyedKafka>>();
  measurements.add(
      {.name = "lanes.waiting",
       .unit = "records/s",
       .target = [](double) { return 200'000.0; },
       .ours = [=]() -> Result<Turn> {
         const auto timer = std::make_shared<Timer>(1ms);
         return run(kafka, consumer([timer](const Record&, Completion completion) {
                      timer->add(std::move(completion));
                    }),
                    {.ordering = by_key()});
       },
       .raw = Alternative{.take_turn = [=]() -> Result<Turn> {
                            Span span((*kafka)->records());
                            Status ran = run_plain_pool(**kafka, kThreads, [&span](const Record&) {
                              span.begin();
                              sleep_until(deadline_in(1ms));
                              span.end();
                            });
                            if (!ran) return fail(ran.error());
                            const Result<double> seconds = span.seconds();
                            if (!seconds) return fail(seconds.error());
                            return Turn{
                                .seconds = *seconds,
                                .value = static_cast<double>((*kafka)->records()) / *seconds};
                          },
                          .rounds_most = 2},
       // A key's records wait for each other: of Zipf's first one alone there would be a minute's.
       .prepare = fill(kafka, 12, records, [](std::uint64_t number) { return number % kKeys; }),
       .clean_up = [=] { kafka->reset(); }});
}

void add_gain(Measurements& measurements) {
  constexpr unsigned kLanes = 8;
  const std::uint64_t records = measurements.settings().is_quick ? 200 : 4'000;
  const Kafka kafka = std::make_shared<std::unique_ptr<KeyedKafka>>();
  const auto take_turn = [=](Distribution distribution) -> Result<Turn> {
    const auto span = std::make_shared<Span>(records);
    const ConsumerFactory sleeper = consumer([span](const Record&) {
      span->begin();
      sleep_until(deadline_in(1ms));
      span->end();
    });
    const Ordering ordering = virtual_partitions({.count = kLanes, .distribution = distribution});
    const Result<Turn> turn = run(kafka, sleeper, {.ordering = ordering, .workers = kLanes});
    return turn ? rate(*span, records) : turn;
  };
  measurements.add(
      {.name = "balanced.gain",
       .unit = "records/s",
       .target = [](double raw) { return 1.2 * raw; },
       .ours = [=] { return take_turn(Distribution::kBalanced); },
       .raw = Alternative{.take_turn = [=] { return take_turn(Distribution::kConsistent); }},
       .prepare = fill(kafka, 1, records, ZipfKeys(kKeys)),
       .clean_up = [=] { kafka->reset(); }});
}

}  // namespace

void add_lanes_figures(Measurements& measurements) {
  for (const std::uint64_t keys : {1, 2, 5, 10, 20, 50, 1'000}) add_keys(measurements, keys);
  add_trivial_work(measurements);
  add_waiting(measurements);
  add_gain(measurements);
}

}  // namespace rookery::bench
