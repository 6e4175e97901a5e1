// split_batch.h
//
// A batch taken apart by what its filters said (filter_chain.h): what runs now, what is done
// without running, what is held back.
//
//   WaitingBatch batch(std::move(taken.batch), taken.next_offset);
//   SplitBatch split(batch, chain.apply(batch.records(), now(), wall_now()));
//   ledger.take(split.passed(), split.next_offset());
//   for (const auto& [first, last] : split.done()) ledger.mark_range(first, last);
//   lane.push(split.take_kept());
//   batch = split.held();
//
// The records stay where they are as long as any part lives. Not thread-safe; parts may be
// destroyed on any thread.
#pragma once

#include <rookery/filtering/filter_chain.h>
#include <rookery/transport/record_batch.h>

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace rookery {

// Records not yet filtered, or held back by a filter. Copies view the same records.
class WaitingBatch {
 public:
  WaitingBatch() = default;
  // next_offset: where the stream goes on behind it, -1 if unknown.
  WaitingBatch(RecordBatch batch, Offset next_offset)
      : source_(std::make_shared<const RecordBatch>(std::move(batch))),
        records_(source_->records()),
        next_offset_(next_offset) {}

  std::span<const Record> records() const { return records_; }
  bool empty() const { return records_.empty(); }
  std::size_t size() const { return records_.size(); }
  Offset next_offset() const { return next_offset_; }
  // Those at and above `offset` are not in the log any more.
  void forget_from(Offset offset);
  // Those below `offset` are not wanted.
  void drop_below(Offset offset);

 private:
  friend class SplitBatch;
  std::shared_ptr<const RecordBatch> source_;
  std::span<const Record> records_;
  Offset next_offset_ = -1;
};

class SplitBatch {
 public:
  // The verdict is about this batch.
  SplitBatch(const WaitingBatch& batch, const ChainVerdict& verdict);

  // Run now or done: what the ledger is told of.
  std::span<const Record> passed() const { return passed_; }
  // Up to where it is told: not past what is held or dropped.
  Offset next_offset() const { return next_offset_; }
  // Of passed(), those that do not run: ranges of offsets, both ends inclusive, in order.
  const std::vector<std::pair<Offset, Offset>>& done() const { return done_; }
  // What runs now, once; may be empty. Records are copied (64 bytes each) only where others lie
  // between them.
  RecordBatch take_kept();
  const WaitingBatch& held() const { return held_; }  // may be empty
  std::size_t dropped() const { return dropped_; }    // records

 private:
  std::shared_ptr<const RecordBatch> source_;
  std::span<const Record> passed_;
  Offset next_offset_ = -1;
  std::vector<std::pair<Offset, Offset>> done_;
  std::vector<std::uint32_t> kept_;  // indexes in passed_
  bool is_whole_ = false;            // all that passed run
  WaitingBatch held_;
  std::size_t dropped_ = 0;
};

}  // namespace rookery
