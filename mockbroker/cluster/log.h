// log.h
//
// One replica's records: blocks in order of offset. Appending assigns offsets and shares the block;
// reading shares it again, and a follower's log shares the blocks of its leader's.
//
// Offsets may have gaps: control markers take one, compaction takes records away. Records leave a
// log through remove_below() and replace(), which retention and compaction call, and through
// truncate_to() and restart_at(), when the replica follows a leader that does not have them, or was
// not quick enough to write them to disk. Not thread-safe; blocks are immutable and may be shared
// with any thread.
#pragma once

#include <rookery/runtime/time_types.h>

#include "mockbroker/cluster/leader_epochs.h"
#include "mockbroker/protocol/protocol.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace rookery::mock {

// Of an idempotent producer, as the batch carries it.
struct BatchProducer {
  std::int64_t id = -1;  // -1: none
  std::int32_t base_sequence = -1;
  std::int16_t epoch = -1;
};

struct LogEntry {
  Offset base_offset = 0;
  std::int32_t leader_epoch = 0;
  TimePoint written_at{};  // to this replica's log: to tell what is on its disk
  BatchProducer producer;
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
  // At the end: the entry's base offset is given to it, and answered.
  Offset append(LogEntry entry);
  Offset append(std::int32_t leader_epoch, std::shared_ptr<const RecordBlock> block) {
    return append({.leader_epoch = leader_epoch, .block = std::move(block)});
  }
  // What the leader's log holds from our end on. Its end must not lie below ours.
  void copy_from(const PartitionLog& leader, TimePoint at);
  // Drops the blocks that end at the offset or after it.
  void truncate_to(Offset end);
  // Drops everything; the next offset is `start`.
  void restart_at(Offset start);

  Offset start_offset() const { return start_; }  // the first that may be read
  Offset end_offset() const { return end_; }      // the next to be assigned
  std::size_t size_bytes() const { return size_bytes_; }
  const std::deque<LogEntry>& entries() const { return entries_; }
  // From here on records are of this epoch.
  void begin_epoch(std::int32_t epoch) { epochs_.begin(epoch, end_); }
  std::int32_t latest_epoch() const { return epochs_.latest(); }
  LeaderEpochs::End end_of(std::int32_t epoch) const { return epochs_.end_of(epoch, end_); }

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
  LeaderEpochs epochs_;
  Offset start_ = 0;
  Offset end_ = 0;
  std::size_t size_bytes_ = 0;
};

// The offset up to which the follower's log and its leader's are the same: what is at it or after
// it in the follower's log must go. The leader's log knows its leader's epoch.
Offset common_end(const PartitionLog& follower, const PartitionLog& leader);

}  // namespace rookery::mock
