// log_property_test.cc
//
// A log under random appends, markers, retention and compaction reads as a plain list of records
// would.
#include "mockbroker/cluster/log.h"
#include "mockbroker/cluster/retention.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace rookery::mock {
namespace {

struct Kept {
  Offset offset = -1;
  std::int64_t timestamp_ms = -1;
  std::string key;
  std::optional<std::string> value;        // none: a tombstone
  std::optional<std::int64_t> horizon_ms;  // when the tombstone may go

  friend bool operator==(const Kept& a, const Kept& b) {
    return a.offset == b.offset && a.timestamp_ms == b.timestamp_ms && a.key == b.key &&
           a.value == b.value;
  }
};

// What the log should hold, and nothing more clever than that.
struct Model {
  std::vector<Kept> records;
  Offset start = 0;
  Offset end = 0;

  void compact(std::int64_t wall_ms, std::int64_t delete_retention_ms) {
    std::map<std::string, Offset> last;
    for (const Kept& record : records) last[record.key] = record.offset;
    std::vector<Kept> kept;
    for (Kept& record : records) {
      if (last[record.key] != record.offset) continue;
      if (!record.value) {
        if (record.horizon_ms && wall_ms >= *record.horizon_ms) continue;
        if (!record.horizon_ms) record.horizon_ms = wall_ms + delete_retention_ms;
      }
      kept.push_back(record);
    }
    records = kept;
  }
  void remove_below(Offset offset) {
    start = std::max(start, offset);
    std::erase_if(records, [&](const Kept& record) { return record.offset < start; });
  }
};

// Reads as a client does, a few bytes at a time; markers and gaps are passed.
std::vector<Kept> read_all(const PartitionLog& log, Offset from, std::size_t max_bytes) {
  std::vector<Kept> records;
  while (from < log.end_offset()) {
    std::vector<FetchResponse::Block> blocks;
    log.read(from, log.end_offset(), max_bytes, blocks);
    RC_ASSERT(!blocks.empty());  // or a reader would never reach the end
    for (const auto& fetched : blocks) {
      RC_ASSERT(fetched.base_offset + fetched.block->last_offset_delta() >= from);
      BlockRecord record;
      for (const char* at = fetched.block->begin(); at < fetched.block->end();) {
        at = RecordBlock::read(at, record);
        const Offset offset = fetched.base_offset + record.offset_delta;
        if (offset < from) continue;
        Kept kept{offset, record.timestamp_ms, record.key.str(), std::nullopt, std::nullopt};
        if (!record.value.is_null()) kept.value = record.value.str();
        records.push_back(kept);
      }
      from = std::max(from, fetched.base_offset + fetched.block->last_offset_delta() + 1);
    }
  }
  return records;
}

void check(const PartitionLog& log, const Model& model) {
  RC_ASSERT(log.end_offset() == model.end);
  RC_ASSERT(log.start_offset() == model.start);
  const auto max_bytes = *rc::gen::element<std::size_t>(1, 200, 1 << 20);
  const auto from = *rc::gen::inRange<Offset>(model.start, model.end + 1);
  std::vector<Kept> expected = model.records;
  std::erase_if(expected, [&](const Kept& record) { return record.offset < from; });
  RC_ASSERT(read_all(log, from, max_bytes) == expected);

  const auto time = *rc::gen::inRange<std::int64_t>(-1, 110);
  const auto first = std::find_if(model.records.begin(), model.records.end(),
                                  [&](const Kept& record) { return record.timestamp_ms >= time; });
  const auto found = log.find_time(time, log.end_offset());
  RC_ASSERT(found.has_value() == (first != model.records.end()));
  if (found)
    RC_ASSERT(found->offset == first->offset && found->timestamp_ms == first->timestamp_ms);

  const auto newest = std::max_element(
      model.records.begin(), model.records.end(),
      [](const Kept& a, const Kept& b) { return a.timestamp_ms < b.timestamp_ms; });
  const auto greatest = log.find_max_timestamp(log.end_offset());
  RC_ASSERT(greatest.has_value() == (newest != model.records.end()));
  if (greatest) RC_ASSERT(greatest->offset == newest->offset);

  std::size_t size = 0;
  for (const LogEntry& entry : log.entries()) size += entry.block->size_bytes();
  RC_ASSERT(log.size_bytes() == size);
}

void append_random(PartitionLog& log, Model& model) {
  const auto count = *rc::gen::inRange(1, 6);
  BlockBuilder builder;
  for (int i = 0; i < count; ++i) {
    const auto timestamp = *rc::gen::inRange<std::int64_t>(0, 100);
    const std::string key = "k" + std::to_string(*rc::gen::inRange(0, 5));
    const bool is_tombstone = *rc::gen::inRange(0, 4) == 0;
    Kept record{model.end++, timestamp, key, std::nullopt, std::nullopt};
    if (!is_tombstone) record.value = "v" + std::to_string(record.offset);
    builder.append(timestamp, key, record.value ? Bytes(*record.value) : Bytes(), {});
    model.records.push_back(record);
  }
  const Offset expected = model.end - count;
  RC_ASSERT(log.append(0, builder.finish()) == expected);
}

RC_GTEST_PROP(LogProperty, ReadsLikeAPlainList, ()) {
  PartitionLog log;
  Model model;
  std::int64_t wall_ms = 1'000;
  constexpr std::int64_t kDeleteRetentionMs = 50;
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 10));
  for (const int step : steps) {
    if (step < 5) {
      append_random(log, model);
    } else if (step == 5) {
      RC_ASSERT(log.append(0, BlockBuilder::control_marker(0)) == model.end);
      ++model.end;
    } else if (step == 6) {
      const auto passed = *rc::gen::inRange<std::int64_t>(0, 100);
      wall_ms += passed;
      const std::size_t before = model.records.size();
      model.compact(wall_ms, kDeleteRetentionMs);
      const auto result =
          compact(log, {.delete_retention_ms = kDeleteRetentionMs}, wall_ms, log.end_offset());
      if (!log.entries().empty()) RC_ASSERT(result.below == model.end);
      RC_ASSERT(result.records_removed == before - model.records.size());
    } else if (step == 7) {
      const auto keep = *rc::gen::inRange<std::int64_t>(-1, 600);
      const Offset start = start_by_size(log, keep, log.end_offset());
      const std::size_t size_before = log.size_bytes();
      log.remove_below(start);
      model.remove_below(start);
      // Never below what is stated, and no whole block more than it.
      if (keep < 0) RC_ASSERT(log.size_bytes() == size_before);
      if (keep >= 0) {
        RC_ASSERT(log.size_bytes() >= std::min(size_before, static_cast<std::size_t>(keep)));
        if (!log.entries().empty()) {
          RC_ASSERT(log.size_bytes() - log.entries().front().block->size_bytes() <
                    static_cast<std::size_t>(keep));
        }
      }
    } else if (step == 8) {
      const auto age = *rc::gen::inRange<std::int64_t>(0, 110);
      const Offset start = start_by_age(log, age, 100, log.end_offset());
      for (const Kept& record : model.records) {
        if (record.offset < start) RC_ASSERT(record.timestamp_ms < 100 - age);
      }
      log.remove_below(start);
      model.remove_below(start);
    }
    check(log, model);
  }
}

TEST(Compaction, LeavesTheYoungAlone) {
  PartitionLog log;
  for (const std::int64_t timestamp : {10, 20, 90}) {
    BlockBuilder builder;
    builder.append(timestamp, "k", "v", {});
    log.append(0, builder.finish());
  }
  const auto result = compact(log, {.min_compaction_lag_ms = 50}, 100, log.end_offset());
  EXPECT_EQ(result.below, 2);
  EXPECT_EQ(result.records_removed, 1U);
  EXPECT_EQ(log.entries().size(), 2U);
}

TEST(Compaction, KeepsAnEmptiedLastBlockForReaders) {
  PartitionLog log;
  BlockBuilder builder;
  builder.append(10, "k", nullptr, {});
  log.append(0, builder.finish());
  compact(log, {.delete_retention_ms = 5}, 100, 1);
  EXPECT_EQ(log.entries().front().block->count(), 1U);
  compact(log, {.delete_retention_ms = 5}, 105, 1);
  ASSERT_EQ(log.entries().size(), 1U);
  EXPECT_EQ(log.entries().front().block->count(), 0U);
  EXPECT_EQ(log.entries().front().last_offset(), 0);
  builder.append(10, "k", "v", {});
  log.append(0, builder.finish());
  compact(log, {.delete_retention_ms = 5}, 106, 2);  // now it is not the last any more
  EXPECT_EQ(log.entries().size(), 1U);
}

}  // namespace
}  // namespace rookery::mock
