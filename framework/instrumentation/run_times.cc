// run_times.cc
//
// Counting by bounds.
#include <rookery/instrumentation/run_times.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace rookery {

void DurationHistogram::observe(Seconds duration) {
  const double seconds = std::max(duration.count(), 0.0);
  const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
  counts_[static_cast<std::size_t>(bound - kBounds.begin())].fetch_add(1,
                                                                       std::memory_order_relaxed);
  sum_.fetch_add(seconds, std::memory_order_relaxed);
}

std::uint64_t DurationHistogram::Snapshot::count() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

DurationHistogram::Snapshot DurationHistogram::snapshot() const {
  Snapshot snapshot;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    snapshot.counts[i] = counts_[i].load(std::memory_order_relaxed);
  }
  snapshot.sum = sum_.load(std::memory_order_relaxed);
  return snapshot;
}

TopicTimes& RunTimes::of(const std::string& group, const std::string& topic) {
  MutexLock lock(mutex_);
  std::unique_ptr<TopicTimes>& times = topics_[{group, topic}];
  if (!times) times = std::make_unique<TopicTimes>();
  return *times;
}

void RunTimes::for_each(const std::function<void(const std::string& group, const std::string& topic,
                                                 const TopicTimes&)>& told) const {
  std::vector<std::pair<std::pair<std::string, std::string>, const TopicTimes*>> all;
  {
    MutexLock lock(mutex_);
    for (const auto& [name, times] : topics_) all.emplace_back(name, times.get());
  }
  for (const auto& [name, times] : all) told(name.first, name.second, *times);
}

}  // namespace rookery
