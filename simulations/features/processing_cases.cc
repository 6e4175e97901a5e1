// processing_cases.cc
//
// Orderings, work that is finished later, and progress that survives.
#include <rookery/processing/completion.h>
#include <rookery/routing/ordering.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/thread.h>

#include <deque>
#include <stdexcept>
#include <utility>

#include "simulations/features/features.h"

namespace rookery::features {
namespace {

constexpr std::int32_t kPartitions = 3;

std::vector<Ordering> every_ordering() {
  return {in_partition(), virtual_partitions({.count = 3}),
          virtual_partitions({.count = 3, .distribution = Distribution::kBalanced}),
          by_key({.max_lanes = 5}), unordered({.max_lanes = 5})};
}

// Finishes what it is given on a thread of its own, the newest first.
class LastComeFirstServed {
 public:
  LastComeFirstServed() : thread_("finisher", [this] { run(); }) {}
  ~LastComeFirstServed() {
    {
      MutexLock lock(mutex_);
      is_stopped_ = true;
      changed_.notify_one();
    }
    thread_.join();
  }
  void add(Completion completion) {
    MutexLock lock(mutex_);
    waiting_.push_back(std::move(completion));

    changed_.notify_one();
  }
  // Begins only then.
  void open() {
    MutexLock lock(mutex_);
    is_open_ = true;
    changed_.notify_one();
  }
  std::size_t waiting() const {
    MutexLock lock(mutex_);
    return waiting_.size();
  }

 private:
  void run() {
    for (;;) {
      std::deque<Completion> mine;
      {
        MutexLock lock(mutex_);
        changed_.wait_until(lock, kNever,
                            [this] { return is_stopped_ || (is_open_ && !waiting_.empty()); });
        if (is_stopped_) return;
        mine.push_back(std::move(waiting_.back()));
        waiting_.pop_back();
      }
      mine.front().done();
    }
  }

  mutable Mutex mutex_{"features.finisher", ranks::kLeaf};
  ConditionVariable changed_{"features.finisher.changed"};
  std::deque<Completion> waiting_;
  bool is_open_ = false;
  bool is_stopped_ = false;
  Thread thread_;
};

TEST_P(Features, EveryOrderingDoesAllAndKeepsTheOrderItPromises) {
  run([&] {
    constexpr int kRecords = 200;
    const std::string topic = make_topic("orders", kPartitions);
    fill(topic, kRecords, /*keys=*/12);
    for (const Ordering& ordering : every_ordering()) {
      SCOPED_TRACE(name(ordering));
      const std::string group = fresh_group();
      Log log;
      const auto app = [&] {
        App made = make_app();
        made.group(group).topic(
            topic, {.consumer = consumer([&log](const Record& record) { log.note(record); }),
                    .ordering = ordering});
        return made;
      };
      const auto first = start(app());
      EXPECT_TRUE(wait_for([&] { return log.size() > 0; }, {first.get()}));
      const auto second = start(app());
      EXPECT_TRUE(wait_for([&] { return has_all(log, kRecords); }, {first.get(), second.get()}));
      stop(*first);
      stop(*second);
      if (ordering.kind != Ordering::Kind::kUnordered) expect_key_order(log);
      expect_all_committed(group, topic, kPartitions);
    }
  });
}

TEST_P(Features, APoisonedKeyDelaysNoOtherAndItsOrderHolds) {
  run([&] {
    constexpr int kRecords = 60;
    const std::string topic = make_topic("orders", 1);
    fill(topic, kRecords, /*keys=*/6);
    const std::string group = fresh_group();
    Log log;
    Atomic<bool> is_poisoned{true};
    App app = make_app();
    app.group(group).topic(topic, {.consumer = consumer([&](const Record& record) {
                                     if (record.key().view() == "k3" && is_poisoned.load()) {
                                       throw std::runtime_error("poisoned");
                                     }
                                     log.note(record);
                                   }),
                                   .ordering = by_key(),
                                   .retry_backoff = RetryBackoff{.first = 50ms, .max = 50ms}});
    const auto server = start(std::move(app));
    EXPECT_TRUE(wait_for([&] { return log.size() == kRecords * 5 / 6; }, {server.get()}));
    is_poisoned.store(false);
    EXPECT_TRUE(wait_for([&] { return has_all(log, kRecords); }, {server.get()}));
    stop(*server);
    expect_key_order(log);
    EXPECT_EQ(log.size(), static_cast<std::size_t>(kRecords));
    expect_all_committed(group, topic, 1);
  });
}

TEST_P(Features, WorkThatWaitsNeedsNoThread) {
  run([&] {
    constexpr int kRecords = 120;
    constexpr int kKeys = 40;
    const std::string topic = make_topic("orders", 1);
    fill(topic, kRecords, kKeys);
    const std::string group = fresh_group();
    Log log;
    LastComeFirstServed finisher;
    App app = make_app(/*concurrency=*/2);
    app.group(group).topic(topic,
                           {.consumer = consumer([&](const Record& record, Completion completion) {
                              log.note(record);
                              finisher.add(std::move(completion));
                            }),
                            .ordering = by_key()});
    const auto server = start(std::move(app));
    // A record of each key is under way, on two threads.
    EXPECT_TRUE(wait_for([&] { return finisher.waiting() == kKeys; }, {server.get()}));
    EXPECT_EQ(log.size(), static_cast<std::size_t>(kKeys));
    finisher.open();
    EXPECT_TRUE(wait_for([&] { return has_all(log, kRecords); }, {server.get()}));
    stop(*server);
    expect_key_order(log);
    EXPECT_EQ(log.size(), static_cast<std::size_t>(kRecords));
    expect_all_committed(group, topic, 1);
  });
}

TEST_P(Features, WhatIsDoneBeyondTheCommittedOffsetIsNotRunAgain) {
  run([&] {
    constexpr int kRecords = 60;
    constexpr int kKeys = 6;
    const std::string topic = make_topic("orders", 1);
    fill(topic, kRecords, kKeys);
    const std::string group = fresh_group();
    const auto app = [&](Log& log, bool is_stuck) {
      App made = make_app();
      made.group(group).topic(topic, {.consumer = consumer([&log, is_stuck](const Record& record) {
                                        if (is_stuck && record.key().view() == "k0")
                                          throw std::runtime_error("stuck");
                                        log.note(record);
                                      }),
                                      .ordering = by_key(),
                                      .retry_backoff = RetryBackoff{.first = 50ms, .max = 50ms}});
      return made;
    };
    Log before;
    const auto first = start(app(before, /*is_stuck=*/true));
    constexpr int kStuck = kRecords / kKeys;
    EXPECT_TRUE(wait_for([&] { return before.size() == kRecords - kStuck; }, {first.get()}));
    stop(*first);
    Log after;
    const auto second = start(app(after, /*is_stuck=*/false));
    EXPECT_TRUE(wait_for([&] { return after.size() >= kStuck; }, {second.get()}));
    stop(*second);
    for (const Log::Entry& entry : after.entries()) EXPECT_EQ(entry.key, "k0") << entry.offset;
    EXPECT_EQ(after.size(), static_cast<std::size_t>(kStuck));
    expect_all_committed(group, topic, 1);
  });
}

}  // namespace
}  // namespace rookery::features
