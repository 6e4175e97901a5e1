// log.cc
//
// Binary search by offset, a scan by time over blocks' greatest timestamps.
#include "mockbroker/cluster/log.h"

#include <algorithm>
#include <utility>

namespace rookery::mock {
namespace {

// The first record of the block that `matches`, from `first` on.
template <class Matches>
std::optional<PartitionLog::TimedOffset> find_record(const LogEntry& entry, Offset first,
                                                     Matches matches) {
  BlockRecord record;
  for (const char* at = entry.block->begin(); at < entry.block->end();) {
    at = RecordBlock::read(at, record);
    const Offset offset = entry.base_offset + record.offset_delta;
    if (offset >= first && matches(record.timestamp_ms)) {
      return PartitionLog::TimedOffset{record.timestamp_ms, offset};
    }
  }
  return std::nullopt;
}

}  // namespace

Offset PartitionLog::append(std::int32_t leader_epoch, std::shared_ptr<const RecordBlock> block) {
  const Offset base = end_;
  end_ = base + block->last_offset_delta() + 1;
  size_bytes_ += block->size_bytes();
  entries_.push_back(
      {.base_offset = base, .leader_epoch = leader_epoch, .block = std::move(block)});
  return base;
}

std::deque<LogEntry>::const_iterator PartitionLog::first_reaching(Offset offset) const {
  return std::partition_point(entries_.begin(), entries_.end(), [offset](const LogEntry& entry) {
    return entry.last_offset() < offset;
  });
}

std::size_t PartitionLog::read(Offset from, Offset end, std::size_t max_bytes,
                               std::vector<FetchResponse::Block>& blocks) const {
  std::size_t bytes = 0;
  bool is_first = true;
  for (auto entry = first_reaching(from); entry != entries_.end(); ++entry) {
    if (entry->last_offset() >= end) break;
    if (!is_first && bytes + entry->fetch_bytes() > max_bytes) break;
    is_first = false;
    bytes += entry->fetch_bytes();
    blocks.push_back({entry->base_offset, entry->leader_epoch, entry->block});
  }
  return bytes;
}

std::optional<PartitionLog::TimedOffset> PartitionLog::find_time(std::int64_t timestamp_ms,
                                                                 Offset end) const {
  for (const LogEntry& entry : entries_) {
    if (entry.last_offset() >= end) break;
    if (entry.block->max_timestamp_ms() < timestamp_ms) continue;
    const auto found = find_record(entry, start_, [timestamp_ms](std::int64_t timestamp) {
      return timestamp >= timestamp_ms;
    });
    if (found) return found;
  }
  return std::nullopt;
}

std::optional<PartitionLog::TimedOffset> PartitionLog::find_max_timestamp(Offset end) const {
  std::optional<TimedOffset> greatest;
  for (const LogEntry& entry : entries_) {
    if (entry.last_offset() >= end) break;
    if (greatest && entry.block->max_timestamp_ms() <= greatest->timestamp_ms) continue;
    BlockRecord record;
    for (const char* at = entry.block->begin(); at < entry.block->end();) {
      at = RecordBlock::read(at, record);
      const Offset offset = entry.base_offset + record.offset_delta;
      if (offset < start_ || (greatest && record.timestamp_ms <= greatest->timestamp_ms)) continue;
      greatest = TimedOffset{record.timestamp_ms, offset};
    }
  }
  return greatest;
}

void PartitionLog::remove_below(Offset start) {
  if (start <= start_) return;
  while (!entries_.empty() && entries_.front().last_offset() < start) {
    size_bytes_ -= entries_.front().block->size_bytes();
    entries_.pop_front();
  }
  start_ = start;
}

void PartitionLog::replace(std::deque<LogEntry> entries) {
  entries_ = std::move(entries);
  size_bytes_ = 0;
  for (const LogEntry& entry : entries_) size_bytes_ += entry.block->size_bytes();
}

}  // namespace rookery::mock
