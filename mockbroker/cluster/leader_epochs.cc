// leader_epochs.cc
//
// A handful of entries: scanned from the end.
#include "mockbroker/cluster/leader_epochs.h"

#include <algorithm>

namespace rookery::mock {

void LeaderEpochs::add(std::int32_t epoch, Offset start) {
  // An epoch that nothing was written under leaves no trace.
  while (!entries_.empty() && (entries_.back().start >= start || entries_.back().epoch >= epoch)) {
    entries_.pop_back();
  }
  entries_.push_back({epoch, start});
}

LeaderEpochs::End LeaderEpochs::end_of(std::int32_t epoch, Offset log_end) const {
  if (entries_.empty() || epoch > latest()) return {};
  if (epoch == latest()) return {epoch, log_end};
  const auto higher = std::upper_bound(
      entries_.begin(), entries_.end(), epoch,
      [](std::int32_t wanted, const Entry& entry) { return wanted < entry.epoch; });
  if (higher == entries_.begin()) return {epoch, higher->start};
  return {std::prev(higher)->epoch, higher->start};
}

void LeaderEpochs::truncate(Offset log_end) {
  while (!entries_.empty() && entries_.back().start >= log_end) entries_.pop_back();
}

void LeaderEpochs::remove_below(Offset log_start) {
  const auto first =
      std::partition_point(entries_.begin(), entries_.end(),
                           [log_start](const Entry& entry) { return entry.start <= log_start; });
  if (first == entries_.begin()) return;
  // The epoch that the first record belongs to stays, and begins where the log does.
  entries_.erase(entries_.begin(), std::prev(first));
  entries_.front().start = std::max(entries_.front().start, log_start);
}

}  // namespace rookery::mock
