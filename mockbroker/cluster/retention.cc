// retention.cc
//
// Two passes over what is compacted: the last offset of each key, then the blocks that change.
#include "mockbroker/cluster/retention.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace rookery::mock {
namespace {

// Looked up, never iterated. Views into the log's blocks.
using LastOffsets = std::unordered_map<std::string_view, Offset>;

template <class Visit>
void each_record(const RecordBlock& block, Visit visit) {
  BlockRecord record;
  for (const char* at = block.begin(); at < block.end();) {
    at = RecordBlock::read(at, record);
    visit(record);
  }
}

bool stays(const BlockRecord& record, Offset offset, const LastOffsets& last,
           bool tombstones_stay) {
  if (record.key.is_null()) return true;  // cannot be superseded
  if (last.at(record.key.view()) != offset) return false;
  return !record.value.is_null() || tombstones_stay;
}

}  // namespace

Offset start_by_age(const PartitionLog& log, std::int64_t retention_ms, std::int64_t wall_ms,
                    Offset end) {
  Offset start = log.start_offset();
  if (retention_ms < 0) return start;
  for (const LogEntry& entry : log.entries()) {
    if (entry.last_offset() >= end) break;
    if (entry.block->max_timestamp_ms() >= wall_ms - retention_ms) break;
    start = std::max(start, entry.last_offset() + 1);
  }
  return start;
}

Offset start_by_size(const PartitionLog& log, std::int64_t retention_bytes, Offset end) {
  Offset start = log.start_offset();
  if (retention_bytes < 0) return start;
  const auto keep = static_cast<std::size_t>(retention_bytes);
  std::size_t size = log.size_bytes();
  for (const LogEntry& entry : log.entries()) {
    const std::size_t bytes = entry.block->size_bytes();
    if (entry.last_offset() >= end || size < keep + bytes) break;
    size -= bytes;
    start = std::max(start, entry.last_offset() + 1);
  }
  return start;
}

CompactionResult compact(PartitionLog& log, const CompactionRules& rules, std::int64_t wall_ms,
                         Offset end) {
  CompactionResult result{.below = log.start_offset()};
  LastOffsets last;
  std::size_t count = 0;  // of entries that are compacted
  for (const LogEntry& entry : log.entries()) {
    if (entry.last_offset() >= end) break;
    if (rules.min_compaction_lag_ms > 0 &&
        entry.block->max_timestamp_ms() > wall_ms - rules.min_compaction_lag_ms) {
      break;
    }
    each_record(*entry.block, [&](const BlockRecord& record) {
      if (!record.key.is_null()) last[record.key.view()] = entry.base_offset + record.offset_delta;
    });
    result.below = entry.last_offset() + 1;
    ++count;
  }

  std::deque<LogEntry> kept;
  for (std::size_t i = 0; i < log.entries().size(); ++i) {
    LogEntry entry = log.entries()[i];
    if (i >= count || entry.block->is_control()) {
      kept.push_back(std::move(entry));
      continue;
    }
    const bool tombstones_stay = entry.delete_horizon_ms < 0 || wall_ms < entry.delete_horizon_ms;
    bool has_tombstone = false;
    std::uint32_t staying = 0;
    each_record(*entry.block, [&](const BlockRecord& record) {
      if (!stays(record, entry.base_offset + record.offset_delta, last, tombstones_stay)) return;
      ++staying;
      has_tombstone |= record.value.is_null() && !record.key.is_null();
    });
    if (has_tombstone && entry.delete_horizon_ms < 0) {
      entry.delete_horizon_ms = wall_ms + rules.delete_retention_ms;
    }
    if (staying < entry.block->count()) {
      result.records_removed += entry.block->count() - staying;
      const bool is_last = i + 1 == log.entries().size();
      if (staying == 0 && !is_last) continue;
      BlockBuilder builder;
      each_record(*entry.block, [&](const BlockRecord& record) {
        if (stays(record, entry.base_offset + record.offset_delta, last, tombstones_stay)) {
          builder.append_encoded(record);
        }
      });
      entry.block = builder.finish(entry.block->last_offset_delta());
    } else if (staying == 0 && i + 1 < log.entries().size()) {
      continue;  // emptied when it was the last; now there is another
    }
    kept.push_back(std::move(entry));
  }
  log.replace(std::move(kept));
  return result;
}

}  // namespace rookery::mock
