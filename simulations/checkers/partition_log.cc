// partition_log.cc
//
// The records that the cluster's leaders have held, of one partition.

#include <algorithm>
#include <utility>

#include "simulations/checkers/model.h"

namespace rookery::sim {

std::size_t PartitionLog::place_of(Offset offset) const {
  // Without gaps the place is the distance from the first record.
  if (!entries_.empty() && offset >= entries_.front().offset) {
    const auto guess = static_cast<std::size_t>(offset - entries_.front().offset);
    if (guess < entries_.size() && entries_[guess].offset == offset) return guess;
  }
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), offset,
                       [](const Entry& entry, Offset wanted) { return entry.offset < wanted; });
  return static_cast<std::size_t>(found - entries_.begin());
}

bool PartitionLog::holds(Offset offset) const {
  const std::size_t place = place_of(offset);
  return place < entries_.size() && entries_[place].offset == offset;
}

bool PartitionLog::is_excused(Offset offset) const {
  return std::any_of(excused_.begin(), excused_.end(), [offset](const Range& range) {
    return offset >= range.from && offset < range.below;
  });
}

const PartitionLog::Range* PartitionLog::lost_before(Offset offset) const {
  const Range* furthest = nullptr;
  for (const Range& range : excused_) {
    if (offset <= range.from || offset > range.below) continue;
    if (furthest == nullptr || range.from < furthest->from) furthest = &range;
  }
  return furthest;
}

void PartitionLog::note_produced(Offset offset, std::uint64_t hash) {
  const std::size_t place = place_of(offset);
  if (holds(offset) && entries_[place].hash == hash) {
    entries_[place].is_produced = true;
  } else if (is_excused(offset)) {
    ++lost_;  // before the producer heard of it
  }
}

void PartitionLog::append(Entry entry) {
  if (entry.key != 0) {
    const auto [last, is_first] = last_of_key_.try_emplace(entry.key, entries_.size());
    if (!is_first) entry.before_in_key = std::exchange(last->second, entries_.size());
  }
  entries_.push_back(entry);
}

void PartitionLog::restore(Entry entry) {
  entry.is_restored = true;
  append(entry);
}

void PartitionLog::note_output(Offset offset) {
  if (holds(offset)) entries_[place_of(offset)].is_output = true;
}

void PartitionLog::cut(Offset from, bool is_legal) {
  if (is_legal && end_offset() > from) excused_.push_back({from, end_offset()});
  const std::size_t place = place_of(from);
  while (entries_.size() > place) {
    const Entry& last = entries_.back();
    lost_ += last.is_produced ? 1 : 0;
    if (last.before_in_key != kNowhere) {
      last_of_key_[last.key] = last.before_in_key;
    } else {
      last_of_key_.erase(last.key);
    }
    entries_.pop_back();
  }
}

}  // namespace rookery::sim
