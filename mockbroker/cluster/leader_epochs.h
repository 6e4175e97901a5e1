// leader_epochs.h
//
// Where each leadership began in one replica's log: how two logs find the place up to which they
// are the same.
//
// A leader notes its epoch at its log's end before it appends; a follower's entries bring theirs
// along. Two logs that both hold an offset written under the same epoch are equal up to it, so the
// greatest epoch that both know tells where they part. Sources: KIP-101, KIP-279; Kafka's
// LeaderEpochFileCache and AbstractFetcherThread.getOffsetTruncationState. Not thread-safe.
#pragma once

#include <rookery/base/topic_partition.h>

#include <cstdint>
#include <vector>

namespace rookery::mock {

class LeaderEpochs {
 public:
  struct End {
    std::int32_t epoch = -1;  // -1: not known
    Offset end = -1;
    friend bool operator==(const End&, const End&) = default;
  };

  // From `start` on records are of this epoch. Without effect when it is the latest already.
  void begin(std::int32_t epoch, Offset start) {
    if (latest() != epoch) add(epoch, start);
  }
  std::int32_t latest() const { return entries_.empty() ? -1 : entries_.back().epoch; }
  // Where the greatest epoch at or below this one ends (OffsetsForLeaderEpoch). An epoch older than
  // all that are known ends where they begin; of one newer than all nothing is known.
  End end_of(std::int32_t epoch, Offset log_end) const;
  void truncate(Offset log_end);
  void remove_below(Offset log_start);

 private:
  struct Entry {
    std::int32_t epoch;
    Offset start;
  };
  void add(std::int32_t epoch, Offset start);

  std::vector<Entry> entries_;  // both grow
};

}  // namespace rookery::mock
