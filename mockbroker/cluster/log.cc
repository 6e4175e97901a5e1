// log.cc
//
// Binary search by offset, a scan by time over blocks' greatest timestamps.
#include "mockbroker/cluster/log.h"

#include <algorithm>
#include <iterator>
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

Offset PartitionLog::append(LogEntry entry) {
  epochs_.begin(entry.leader_epoch, end_);
  entry.base_offset = end_;
  const Offset base = end_;
  end_ = entry.last_offset() + 1;
  size_bytes_ += entry.block->size_bytes();
  entries_.push_back(std::move(entry));
  return base;
}

void PartitionLog::copy_from(const PartitionLog& leader, TimePoint at) {
  if (end_ < leader.start_) restart_at(leader.start_);
  const auto& from = leader.entries_;
  // Mostly it is the last entry alone that is missing.
  auto next = from.end();
  while (next != from.begin() && std::prev(next)->last_offset() >= end_) --next;
  for (; next != from.end(); ++next) {
    epochs_.begin(next->leader_epoch, next->base_offset);
    size_bytes_ += next->block->size_bytes();
    entries_.push_back(*next);
    entries_.back().written_at = at;
  }
  end_ = leader.end_;
}

void PartitionLog::truncate_to(Offset end) {
  if (end >= end_) return;
  while (!entries_.empty() && entries_.back().last_offset() >= end) {
    size_bytes_ -= entries_.back().block->size_bytes();
    entries_.pop_back();
  }
  end_ = end;
  start_ = std::min(start_, end_);
  epochs_.truncate(end_);
}

void PartitionLog::restart_at(Offset start) {
  entries_.clear();
  epochs_.truncate(0);
  size_bytes_ = 0;
  start_ = end_ = start;
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
  epochs_.remove_below(start);
}

void PartitionLog::replace(std::deque<LogEntry> entries) {
  entries_ = std::move(entries);
  size_bytes_ = 0;
  for (const LogEntry& entry : entries_) size_bytes_ += entry.block->size_bytes();
}

Offset common_end(const PartitionLog& follower, const PartitionLog& leader) {
  Offset end = follower.end_offset();
  std::int32_t epoch = follower.latest_epoch();
  while (epoch >= 0) {
    const LeaderEpochs::End theirs = leader.end_of(epoch);
    if (theirs.epoch < 0) break;
    const LeaderEpochs::End ours = follower.end_of(theirs.epoch);
    if (ours.epoch == theirs.epoch) return std::min({end, ours.end, theirs.end});
    // The leader's answer names an epoch that the follower never saw: it asks again for its own
    // next lower one (KIP-279).
    end = std::min(end, ours.end);
    if (ours.epoch >= epoch || ours.epoch < 0) break;
    epoch = ours.epoch;
  }
  return std::min(end, leader.end_offset());
}

}  // namespace rookery::mock
