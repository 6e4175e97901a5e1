// watch.h
//
// Measures a flow of records from the outside: by looking at a count now and then, which costs
// those who count nothing.
#pragma once

#include <rookery/base/result.h>
#include <rookery/runtime/time.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>

#include "bench/rounds.h"

namespace rookery::bench {

// Counts of several writers, each with a slot of its own.
class Tally {
 public:
  class alignas(64) Slot {
   public:
    // One thread at a time.
    void add(std::uint64_t records, std::uint64_t sum) {
      records_.store(records_.load(std::memory_order_relaxed) + records, std::memory_order_relaxed);
      sum_.store(sum_.load(std::memory_order_relaxed) + sum, std::memory_order_relaxed);
    }

   private:
    friend class Tally;
    std::atomic<std::uint64_t> records_{0};
    std::atomic<std::uint64_t> sum_{0};
  };

  explicit Tally(std::size_t slots_most) : slots_(slots_most) {}
  // Any thread; slots_most times.
  Slot& slot() { return slots_.at(used_.fetch_add(1)); }
  std::uint64_t records() const;
  std::uint64_t sum() const;

 private:
  std::deque<Slot> slots_;
  std::atomic<std::size_t> used_{0};
};

// From the first record to the last: waits until `count` answers `total`, and tells how fast it
// went. Error: kTimedOut, when it is not there within `patience`.
Result<Turn> watch(const std::function<std::uint64_t()>& count, std::uint64_t total,
                   Duration patience);

}  // namespace rookery::bench
