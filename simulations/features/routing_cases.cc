// routing_cases.cc
//
// Which records a process runs, and when: segments and filters.
#include <rookery/filtering/filters.h>
#include <rookery/routing/segments.h>

#include <algorithm>
#include <utility>

#include "simulations/features/features.h"

namespace rookery::features {
namespace {

TEST_P(Features, SegmentsTogetherDoEverythingOnce) {
  run([&] {
    constexpr int kRecords = 120;
    constexpr std::int32_t kPartitions = 2;
    const std::string topic = make_topic("orders", kPartitions);
    fill(topic, kRecords, /*keys=*/15);
    const std::string group = fresh_group();
    const ParallelSegments segments{.count = 2};
    const auto app = [&](Log& log) {
      App made = make_app();
      made.group(group, {.parallel_segments = segments})
          .topic(topic, {.consumer = consumer([&log](const Record& record) { log.note(record); })});
      return made;
    };
    Log logs[2];
    const auto first = start(app(logs[0]), {.segments = {0}});
    const auto second = start(app(logs[1]), {.segments = {1}});
    EXPECT_TRUE(wait_for([&] { return logs[0].size() + logs[1].size() == kRecords; },
                         {first.get(), second.get()}));
    stop(*first);
    stop(*second);
    for (std::size_t segment = 0; segment < 2; ++segment) {
      EXPECT_GT(logs[segment].size(), 0U);
      expect_key_order(logs[segment]);
      for (const Log::Entry& entry : logs[segment].entries()) {
        EXPECT_EQ(segment_of(Bytes(std::string_view(entry.key)), entry.offset, 2), segment)
            << entry.key;
      }
      // Also where the last records are the other's.
      expect_all_committed(segment_group(group, segments, segment), topic, kPartitions);
    }
    std::map<std::string, int> values = logs[0].values();
    for (const auto& [value, times] : logs[1].values()) values[value] += times;
    EXPECT_EQ(values.size(), static_cast<std::size_t>(kRecords));
    for (const auto& [value, times] : values) EXPECT_EQ(times, 1) << value;
  });
}

TEST_P(Features, FiltersDropHoldBackAndSlowDown) {
  run([&] {
    const std::string topic = make_topic("orders", 1);
    const auto to_ms = [](WallTime time) {
      return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
    };
    const WallTime produced = wall_now();
    constexpr auto kDelay = 700ms;
    for (int i = 0; i < 40; ++i) {
      const bool is_old = i % 4 == 0;
      const WallTime time = is_old ? produced - 2h : produced;
      produce_one({.topic = topic,
                   .key = "k",
                   .value = is_old ? "old" : std::to_string(i),
                   .timestamp_ms = to_ms(time)});
    }
    const std::string group = fresh_group();
    Log log;
    App app = make_app();
    constexpr std::size_t kLimit = 10;
    app.group(group).topic(
        topic, {.consumer = consumer([&log](const Record& record) { log.note(record); }),
                .filters = {expire(1h), delay(kDelay), throttle(kLimit, 1s)}});
    const auto server = start(std::move(app));
    EXPECT_TRUE(wait_for([&] { return log.size() == 30; }, {server.get()}));
    stop(*server);
    const std::vector<Log::Entry> entries = log.entries();
    EXPECT_EQ(log.values().count("old"), 0U);
    for (const Log::Entry& entry : entries)
      EXPECT_GE(to_ms(entry.wall_at), to_ms(produced + kDelay));
    // Work begins after its filters have let it through, and the next batch after that: it may be a
    // little late, but more than twice the limit within half the time it is not.
    for (std::size_t i = 2 * kLimit; i < entries.size(); ++i) {
      EXPECT_GE(entries[i].at - entries[i - 2 * kLimit].at, 1s);
    }
    expect_all_committed(group, topic, 1);
  });
}

}  // namespace
}  // namespace rookery::features
