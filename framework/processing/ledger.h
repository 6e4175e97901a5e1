// ledger.h
//
// Which records of one partition are done, when they may finish in any order.
//
// The committable offset is the end of the contiguous done prefix. Offsets have gaps (compaction,
// transaction markers), so records are counted, not offsets. Memory: one bit a record between the
// prefix and the newest taken, and 24 bytes for each run of offsets without a gap; bounded by the
// window the partition was given. Not thread-safe: guarded by its partition.
//
//   Ledger ledger;
//   ledger.take(batch, 106);  // 100, 101, 105; the next fetch begins at 106 (102 to 104 are gaps)
//   ledger.mark(101);         // committable: 100
//   ledger.mark(100);         // committable: 105
//   ledger.mark(105);         // committable: 106
#pragma once

#include <rookery/base/topic_partition.h>
#include <rookery/progress/offset_range.h>
#include <rookery/transport/record.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <span>

namespace rookery {

class Ledger {
 public:
  // Registers records just taken, in offset order, above all taken before; where the stream went
  // back, forget_from comes first. next_offset: where the stream goes on, -1 if unknown; with no
  // records it alone moves on (past a gap).
  void take(std::span<const Record> records, Offset next_offset);

  // Marks one record; what was not taken, or is done already, changes nothing.
  void mark(Offset offset) { mark_range(offset, offset); }
  // Marks every taken record with first <= offset <= last.
  void mark_range(Offset first, Offset last);
  // Takes back the mark of a record, which will be run again. What is part of the done prefix stays
  // done.
  void unmark(Offset offset);
  // What was taken at and above `offset` is not there any more, done or not: others will be taken
  // in its place. The committable offset may fall.
  void forget_from(Offset offset);

  // The stream goes on at `target`, before or behind where it was: what was taken there is not
  // there any more, and what was taken below stays as it is.
  void move_to(Offset target);

  // What may be committed: the first record not done, or where the stream goes on when all are. -1:
  // nothing was ever taken.
  Offset committable() const { return committable_; }
  // The leader epoch of the last record below it: by that a next owner sees that the log has lost
  // what was done (KIP-320). The client's own knowledge may be of the log's next life already. -1:
  // unknown.
  std::int32_t committable_epoch() const { return leader_epoch_at(committable_ - 1); }
  // Records taken and not yet part of the done prefix: what the window bounds.
  std::size_t outstanding() const { return static_cast<std::size_t>(taken_ - prefix_); }
  // Records taken and not done.
  std::size_t undone() const { return undone_; }
  bool is_done(Offset offset) const;
  // The records done beyond the prefix, as ranges of offsets, the lowest `limit` of them. Gaps
  // between two of them belong to a range; each ends just behind a record that is done. In time of
  // the window's bits and gaps.
  OffsetRanges done_ranges_beyond(std::size_t limit) const;
  // The leader epoch of the record taken at `offset`, or of the newest below it; -1: unknown, or
  // long done.
  std::int32_t leader_epoch_at(Offset offset) const;
  // The newest record taken that may still be known: nothing beyond it is done. -1: none.
  Offset newest_taken() const;

 private:
  // Offsets [first, first + count) hold the records number base ... base + count - 1.
  struct Run {
    Offset first;
    std::uint64_t base;
    std::uint64_t count;
  };

  // From `first` on, up to where the next begins, records are of `epoch`.
  struct EpochStart {
    Offset first;
    std::int32_t epoch;
  };

  void append(Offset offset);
  void note_epochs(std::span<const Record> records);
  std::optional<std::uint64_t> number_of(Offset offset) const;  // none: not taken, or long done
  Offset end_of_newest_done() const;                            // for a mutant
  void advance();
  bool bit(std::uint64_t number) const;
  // The first record at or above `from` that is done (or is not); taken_ when there is none.
  std::uint64_t next_with(bool is_done, std::uint64_t from) const;
  // Each answers how many bits it changed.
  std::size_t set_bits(std::uint64_t from, std::uint64_t to);
  std::size_t clear_bits(std::uint64_t from, std::uint64_t to);
  template <class Change>  // (word, mask)
  void for_each_word(std::uint64_t from, std::uint64_t to, Change change);

  std::deque<Run> runs_;           // from the one that holds the prefix's end
  std::deque<EpochStart> epochs_;  // from the one that holds it
  std::deque<std::uint64_t>
      words_;  // done bits; words_[0] begins at record number first_word_ * 64
  std::uint64_t first_word_ = 0;
  std::uint64_t prefix_ = 0;  // records below this number are done
  std::uint64_t taken_ = 0;   // records below this number were taken
  std::size_t undone_ = 0;
  Offset next_offset_ = -1;
  Offset committable_ = -1;
};

}  // namespace rookery
