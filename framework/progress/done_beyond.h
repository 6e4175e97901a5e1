// done_beyond.h
//
// What earlier owners of a partition finished beyond the committed offset, asked record by record
// while records are taken.
//
// It holds for the life of the log it was written in: a record with a newer leader epoch lies where
// one that was done was lost (KIP-320), and is not done. Where epochs are known on one side only
// nobody can tell, and records count as not done. Records below the committed offset, or at an
// offset that was passed already, say that the log goes on in another way: what is known from there
// on is forgotten. Offsets that lie no more at the log's start cost nothing.
//
// Memory: 16 bytes a range, given back when the last is passed. Not thread-safe: its partition's.
//
//   DoneBeyond done(100, {.leader_epoch = 7, .done = {{101, 140}}});
//   done.contains(100, 7);  // false
//   done.contains(101, 7);  // true: it is not given to a consumer
//   done.contains(102, 8);  // false: another lies there now
#pragma once

#include <rookery/progress/commit_metadata.h>
#include <rookery/progress/offset_range.h>

#include <cstddef>
#include <cstdint>

namespace rookery {

class DoneBeyond {
 public:
  DoneBeyond() = default;  // nothing is done
  DoneBeyond(Offset committed, const CommitProgress& progress);

  // Nothing is done at or above what was asked last: no need to ask.
  bool empty() const { return next_ == ranges_.size(); }
  // What has not been passed; of the first, part may have been.
  OffsetRanges ahead() const;
  std::int32_t leader_epoch() const { return leader_epoch_; }
  // Asked once for each record taken, in the stream's order.
  bool contains(Offset offset, std::int32_t leader_epoch);
  // The stream went back, or was moved: nothing is known from `offset` on.
  void forget_from(Offset offset);

 private:
  bool is_of_this_life(std::int32_t leader_epoch) const;

  OffsetRanges ranges_;
  std::size_t next_ = 0;  // the first that has not been passed
  std::int32_t leader_epoch_ = -1;
  Offset asked_below_ = 0;
};

}  // namespace rookery
