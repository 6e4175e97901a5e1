// virtual_queue.cc
//
// Lanes by hash, and by load.
#include <rookery/lanes/virtual_queue.h>

#include <rookery/base/murmur2.h>

#include <algorithm>
#include <cassert>
#include <numeric>
#include <set>
#include <utility>

namespace rookery {

void VirtualQueue::add(RecordBatch batch) {
  distribute(batch.records(), lane_of_);
  waiting_ += batch.size();
  std::vector<LaneBatch> parts = split(std::move(batch), lane_of_, lanes_);
  for (LaneIndex lane = 0; lane < parts.size(); ++lane) {
    if (parts[lane].empty()) continue;
    note_given(lane, parts[lane].size());
    shares_.push_back({lane, std::move(parts[lane])});
  }
}

void VirtualQueue::give(std::vector<LaneShare>& shares) {
  std::move(shares_.begin(), shares_.end(), std::back_inserter(shares));
  shares_.clear();
  waiting_ = 0;
}

void VirtualQueue::completed(LaneIndex, std::size_t) {}
void VirtualQueue::forgotten(LaneIndex, std::size_t) {}

void VirtualQueue::give_back(LaneBatch) {
  assert(false && "virtual partitions have no loose records");
}

// What is added is given in the same step of the partition.
void VirtualQueue::forget_from(Offset) { assert(shares_.empty()); }

// ---- Consistent

void ConsistentQueue::distribute(std::span<const Record> records,
                                 std::vector<std::uint32_t>& lane_of) {
  const auto count = static_cast<std::uint32_t>(lane_count());
  lane_of.resize(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const LaneKey key = key_of(records[i]);
    switch (key.kind) {
      case LaneKey::Kind::kBytes:
        lane_of[i] = (murmur2(key.bytes.view()) & 0x7fffffffU) % count;
        break;
      case LaneKey::Kind::kNone:
        lane_of[i] = static_cast<std::uint32_t>(records[i].offset() % count);
        break;
      case LaneKey::Kind::kBroken:
        lane_of[i] = 0;
        break;
    }
  }
}

// ---- Balanced

void BalancedQueue::distribute(std::span<const Record> records,
                               std::vector<std::uint32_t>& lane_of) {
  ++dispatch_;
  groups_.clear();
  has_broken_ = false;
  if (places_.size() > places_most_) forget_idle_keys();
  lane_of.resize(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    lane_of[i] = group_of(records[i]);
    ++groups_[lane_of[i]].records;
  }
  place_groups();
  for (std::uint32_t& lane : lane_of) lane = static_cast<std::uint32_t>(groups_[lane].lane);
}

std::uint32_t BalancedQueue::group_of(const Record& record) {
  const LaneKey key = key_of(record);
  const auto next = static_cast<std::uint32_t>(groups_.size());
  if (key.kind == LaneKey::Kind::kBroken) {
    if (!std::exchange(has_broken_, true)) {
      broken_group_ = next;
      groups_.push_back({});
    }
    return broken_group_;
  }
  if (key.kind == LaneKey::Kind::kNone) {
    groups_.push_back({});
    return next;
  }
  auto found = places_.find(key.bytes.view());
  if (found == places_.end()) found = places_.emplace(key.bytes.str(), Place{}).first;
  Place& place = found->second;
  if (place.dispatch != dispatch_) {
    place.dispatch = dispatch_;
    place.group = next;
    groups_.push_back({.place = &place});
  }
  return place.group;
}

void BalancedQueue::place_groups() {
  if (has_broken_) put(groups_[broken_group_], 0);
  for (Group& group : groups_) {
    if (group.place != nullptr && is_under_way(*group.place)) put(group, group.place->lane);
  }
  std::vector<Group*> rest;
  for (Group& group : groups_) {
    if (!group.is_placed) rest.push_back(&group);
  }
  std::stable_sort(rest.begin(), rest.end(),
                   [](const Group* a, const Group* b) { return a->records > b->records; });
  std::set<std::pair<std::size_t, LaneIndex>> by_load;
  for (LaneIndex lane = 0; lane < lanes_.size(); ++lane) by_load.emplace(lanes_[lane].load, lane);
  for (Group* group : rest) {
    const LaneIndex lane = by_load.begin()->second;
    by_load.erase(by_load.begin());
    put(*group, lane);
    by_load.emplace(lanes_[lane].load, lane);
  }
}

// In the share that the lane is about to be given.
void BalancedQueue::put(Group& group, LaneIndex lane) {
  group.lane = lane;
  group.is_placed = true;
  lanes_[lane].load += group.records;
  if (group.place == nullptr) return;
  group.place->lane = lane;
  group.place->share = lanes_[lane].given() + 1;
}

void BalancedQueue::note_given(LaneIndex lane, std::size_t records) {
  lanes_[lane].sizes.push_back(records);
}

// After a log lost its end the share may be one that was forgotten: then as long as any is.
bool BalancedQueue::is_under_way(const Place& place) const {
  const Lane& lane = lanes_[place.lane];
  return std::min(place.share, lane.given()) > lane.completed;
}

void BalancedQueue::completed(LaneIndex index, std::size_t shares) {
  Lane& lane = lanes_[index];
  for (; shares > 0; --shares) {
    lane.load -= lane.sizes.front();
    lane.sizes.pop_front();
    ++lane.completed;
  }
}

void BalancedQueue::forgotten(LaneIndex index, std::size_t shares) {
  Lane& lane = lanes_[index];
  for (; shares > 0; --shares) {
    lane.load -= lane.sizes.back();
    lane.sizes.pop_back();
  }
}

void BalancedQueue::forget_idle_keys() {
  std::erase_if(places_, [this](const auto& entry) { return !is_under_way(entry.second); });
  places_most_ = std::max<std::size_t>(1'024, 2 * places_.size());
}

}  // namespace rookery
