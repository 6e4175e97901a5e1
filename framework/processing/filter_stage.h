// filter_stage.h
//
// The filters of one partition at work: what was taken and not yet filtered, or held back, waits
// here; what its filters let through goes on to the lanes.
//
// What waits is not registered in the ledger, so nothing commits past it, and it is not fetched
// again. A filter that throws, or that wants what cannot be, has the same records filtered again
// after a backoff.
//
// Thread rules: only inside the partition's step, no lock held: it runs user code.
#pragma once

#include <rookery/filtering/filter_chain.h>
#include <rookery/filtering/split_batch.h>
#include <rookery/routing/settings.h>
#include <rookery/runtime/time.h>

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

namespace rookery {

class FilterStage {
 public:
  // The settings outlive it.
  FilterStage(const TopicSettings& settings, TopicPartition partition)
      : settings_(settings), partition_(std::move(partition)) {}

  bool empty() const { return waiting_.empty(); }
  std::size_t waiting() const { return records_; }
  // Nothing is to be filtered, or taken to be filtered, before.
  TimePoint due_at() const { return due_at_; }
  // Whether the ledger may be told of offsets without records: nothing waits before them, nor was
  // dropped.
  bool may_pass_gap() const { return waiting_.empty() && !has_dropped_; }

  // Behind what waits. Not empty.
  void add(RecordBatch batch, Offset next_offset);
  // What the log lost is not filtered any more.
  void forget_from(Offset offset);
  // A seek: nothing waits any more, for records or for time.
  void start_over();
  void clear();

  struct Failure {
    std::string error_class;
    std::string message;
    Offset offset = -1;  // of the first record that waits
    int attempt = 1;
    Duration wait{};
  };
  struct Pause {
    Duration time{};
    Offset offset = -1;  // of the first record that waits; -1: none does
    std::size_t records = 0;
  };
  struct Outcome {
    std::optional<SplitBatch> split = {};  // to be registered and run; none: a failure
    std::optional<Failure> failure = {};   // new: to be told
    std::optional<Pause> pause = {};       // new: to be told
  };
  // Filters what waits first, which must be: due_at() is over, and it is not empty. std::bad_alloc
  // passes.
  Outcome filter();

 private:
  void follow(const ChainVerdict& verdict, const SplitBatch& split, Outcome& outcome);
  std::optional<std::string> objection(const ChainVerdict& verdict) const;
  Outcome fail(std::string error_class, std::string message);
  void skip_to_cursor();

  const TopicSettings& settings_;
  const TopicPartition partition_;
  std::optional<FilterChain> chain_;  // made when first needed: factories are user code
  std::deque<WaitingBatch> waiting_;
  std::size_t records_ = 0;
  TimePoint due_at_{};
  Offset filtered_below_ = -1;  // these are over: passed, dropped
  Offset wanted_from_ = -1;     // a cursor beyond its batch: records below are dropped
  bool has_dropped_ = false;    // behind the last record that passed
  int failures_ = 0;            // in a row
  Offset paused_at_ = -1;       // told of
};

}  // namespace rookery
