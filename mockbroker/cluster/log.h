// log.h
//
// One partition's records: blocks in order of offset. Appending assigns offsets and shares the
// block; reading shares it again.
//
// Offsets may have gaps: control markers take one, compaction takes records away. Nothing leaves a
// log but through remove_below() and replace(), which retention and compaction call. Not
// thread-safe; blocks are immutable and may be shared with any thread.
#pragma once

#include "mockbroker/protocol/protocol.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace rookery::mock {

struct LogEntry {
  Offset base_offset = 0;
  std::int32_t leader_epoch = 0;
  std::int64_t delete_horizon_ms =
      -1;  // compaction: when its tombstones may go (KIP-534); -1: not known yet
  std::shared_ptr<const RecordBlock> block;

  Offset last_offset() const { return base_offset + block->last_offset_delta(); }
  // What a fetch counts: a marker or an emptied block has no bytes, but is something to say.
  std::size_t fetch_bytes() const { return fetch_bytes(*block); }
  static std::size_t fetch_bytes(const RecordBlock& block) { return 61 + block.size_bytes(); }
};

class PartitionLog {
 public:
  // Answers the offset of the block's first record.
  Offset append(std::int32_t leader_epoch, std::shared_ptr<const RecordBlock> block);

  Offset start_offset() const { return start_; }  // the first that may be read
  Offset end_offset() const { return end_; }      // the next to be assigned
  std::size_t size_bytes() const { return size_bytes_; }
  const std::deque<LogEntry>& entries() const { return entries_; }

  // Adds the blocks from the one that holds `from` (or the next after it) up to `end`, at most
  // max_bytes of them but at least one. Answers their fetch_bytes. `from` must lie between
  // start_offset() and end_offset().
  std::size_t read(Offset from, Offset end, std::size_t max_bytes,
                   std::vector<FetchResponse::Block>& blocks) const;

  struct TimedOffset {
    std::int64_t timestamp_ms = -1;
    Offset offset = -1;
  };
  // The first record below `end` at or after the time, in order of offset.
  std::optional<TimedOffset> find_time(std::int64_t timestamp_ms, Offset end) const;
  // The first of those with the greatest timestamp.
  std::optional<TimedOffset> find_max_timestamp(Offset end) const;

  // Drops whole blocks that end below the offset, and moves the start to it.
  void remove_below(Offset start);
  // The entries after a compaction: the same range of offsets.
  void replace(std::deque<LogEntry> entries);

 private:
  std::deque<LogEntry>::const_iterator first_reaching(Offset offset) const;

  std::deque<LogEntry> entries_;
  Offset start_ = 0;
  Offset end_ = 0;
  std::size_t size_bytes_ = 0;
};

}  // namespace rookery::mock
