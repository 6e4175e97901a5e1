// run_times.h
//
// How many records consumers run, how long, and how old records are when they do, by topic: what
// histograms are made of. Counting takes some nanoseconds and no lock.
//
// Thread rules: any thread.
#pragma once

#include <rookery/runtime/mutex.h>
#include <rookery/runtime/time_types.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace rookery {

// Durations by upper bounds, from a tenth of a millisecond to a day.
class DurationHistogram {
 public:
  using Seconds = std::chrono::duration<double>;
  static constexpr auto kBounds = std::to_array<double>(  // seconds
      {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600, 3'600,
       86'400});

  // Less than nothing, of clocks that were set back, counts as nothing.
  void observe(Seconds duration);

  struct Snapshot {
    std::array<std::uint64_t, kBounds.size() + 1> counts{};  // the last: beyond all bounds
    double sum = 0;                                          // seconds
    std::uint64_t count() const;
  };
  Snapshot snapshot() const;

 private:
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<double> sum_{0};  // seconds
};

// A run is one call of consume() for a batch, or as many as a worker makes in one go for records.
struct TopicTimes {
  std::atomic<std::uint64_t> records{0};  // whose consume returned, over all attempts
  DurationHistogram consume;              // a run of consume; of waiting work, until it returned
  DurationHistogram consumption_lag;      // at a run's begin: since its first record's timestamp
  DurationHistogram processing_lag;       // at a run's begin: since its first record was taken
};

class RunTimes {
 public:
  // Lives as long as this.
  TopicTimes& of(const std::string& group, const std::string& topic);
  void for_each(const std::function<void(const std::string& group, const std::string& topic,
                                         const TopicTimes&)>& told) const;

 private:
  mutable Mutex mutex_{"run_times", ranks::kLeaf};
  std::map<std::pair<std::string, std::string>, std::unique_ptr<TopicTimes>> topics_;
};

}  // namespace rookery
