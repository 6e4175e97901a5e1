// filter_chain.h
//
// The filters of one partition, one after the other, and what follows of all their answers.
//
// In order, each sees what the one before left. A filter counts as applied when it removed
// something or does not skip; none applied: nothing happens. Of those applied any pause beats any
// seek beats skip; the shortest pause counts; the lowest cursor; the lowest marking cursor of those
// that mark.
//
// So a batch falls into three parts, in offset order:
//
//   passed   run now (kept), or done without running (removed, and may be passed)
//   dropped  removed, and nobody says that they are done: the committed offset stays before them
//            until a later record passes
//   held     at and above the cursor of a pause or a seek: wanted again, removed or not
//
// Removed records below a kept one pass with it. Behind the last kept one they pass up to the
// marking cursor, or to the first that a filter removed which does not mark.
//
// Not thread-safe: owned by its partition. Runs user code: no lock may be held.
#pragma once

#include <rookery/filtering/filters.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace rookery {

struct ChainVerdict {
  bool is_applied = false;  // false: all records run, and nothing else is to be done
  FilterAction action;
  std::optional<Offset> cursor;     // of a pause or seek; none: where the batch ends
  std::vector<std::uint32_t> kept;  // indexes of those that run now; unset when not applied
  std::size_t passed_end = 0;       // records [0, passed_end) passed
  std::size_t held_begin = 0;       // records [held_begin, size) are held
};

class FilterChain {
 public:
  // Makes the filters. Throws what a factory throws, and std::runtime_error for one that gives
  // none.
  FilterChain(const Filters& filters, const TopicPartition& partition);

  // Throws what a filter throws: then nothing has happened, and the same records come again.
  ChainVerdict apply(std::span<const Record> records, TimePoint now, WallTime wall_now);

 private:
  std::vector<std::unique_ptr<Filter>> filters_;
};

}  // namespace rookery
