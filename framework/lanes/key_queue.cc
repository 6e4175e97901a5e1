// key_queue.cc
//
// One look into the table for each record; all else for each key of a batch.
#include <rookery/lanes/key_queue.h>

#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <utility>

namespace rookery {

KeyQueue::KeyQueue(std::size_t max_lanes, std::size_t width, std::unique_ptr<KeyReader> keys)
    : max_lanes_(max_lanes),
      width_(std::max<std::size_t>(width, 1)),
      reader_(std::move(keys)),
      broken_(std::string(), State{}) {}

KeyQueue::~KeyQueue() = default;

// ---- Adding

void KeyQueue::add(RecordBatch batch) {
  ++dispatch_;
  parts_.clear();
  has_loose_ = false;
  waiting_ += batch.size();
  part_of_.resize(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) part_of_[i] = part_of(batch[i]);
  std::vector<LaneBatch> parts = split(std::move(batch), part_of_, parts_.size());
  for (std::size_t i = 0; i < parts.size(); ++i) put(parts_[i], std::move(parts[i]));
}

std::uint32_t KeyQueue::part_of(const Record& record) {
  const LaneKey key = reader_ ? reader_->read(record) : LaneKey{};
  const auto next = static_cast<std::uint32_t>(parts_.size());
  if (key.kind == LaneKey::Kind::kNone) {
    if (!std::exchange(has_loose_, true)) {
      loose_part_ = next;
      parts_.push_back(nullptr);
    }
    return loose_part_;
  }
  Entry* entry = entry_of(key);
  if (entry->second.dispatch != dispatch_) {
    entry->second.dispatch = dispatch_;
    entry->second.part = next;
    parts_.push_back(entry);
  }
  return entry->second.part;
}

KeyQueue::Entry* KeyQueue::entry_of(const LaneKey& key) {
  if (key.kind == LaneKey::Kind::kBroken) return &broken_;
  const auto found = keys_.find(key.bytes.view());
  if (found != keys_.end()) return &*found;
  if (spare_.empty()) return &*keys_.emplace(key.bytes.str(), State{}).first;
  Keys::node_type node = std::move(spare_.back());
  spare_.pop_back();
  node.key().assign(key.bytes.view());
  return &*keys_.insert(std::move(node)).position;
}

void KeyQueue::put(Entry* key, LaneBatch part) {
  const bool is_in_two = mutant("lanes.key_in_two") && key != nullptr && key->second.lane != kNone;
  if (key == nullptr || is_in_two) {
    part.set_loose();
    loose_records_ += part.size();
    loose_.push_back(std::move(part));
    return;
  }
  State& state = key->second;
  if (state.lane != kNone) {
    ++lanes_[state.lane].shares;
    shares_.push_back({state.lane, std::move(part)});
    return;
  }
  if (state.held.empty()) keys_waiting_.push_back(key);
  state.held.push_back(std::move(part));
}

// ---- Giving

void KeyQueue::give(std::vector<LaneShare>& shares) {
  for (LaneShare& share : shares_) {
    waiting_ -= share.batch.size();
    shares.push_back(std::move(share));
  }
  shares_.clear();
  while (has_free_lane() && (!keys_waiting_.empty() || !loose_.empty())) {
    const bool is_key_first =
        !keys_waiting_.empty() &&
        (loose_.empty() ||
         keys_waiting_.front()->second.held.front().first_offset() < loose_.front().first_offset());
    if (is_key_first) {
      give_key(keys_waiting_.front(), shares);
      keys_waiting_.pop_front();
    } else {
      give_loose(shares);
    }
  }
}

void KeyQueue::give_key(Entry* key, std::vector<LaneShare>& shares) {
  State& state = key->second;
  state.lane = use_free_lane();
  Lane& lane = lanes_[state.lane];
  lane.key = key;
  lane.shares = state.held.size();
  for (LaneBatch& batch : state.held) {
    waiting_ -= batch.size();
    shares.push_back({state.lane, std::move(batch)});
  }
  state.held.clear();
}

void KeyQueue::give_loose(std::vector<LaneShare>& shares) {
  const std::size_t portion = (loose_records_ + 2 * width_ - 1) / (2 * width_);
  LaneBatch batch = std::move(loose_.front());
  if (batch.size() > portion) {
    loose_.front() = batch.split_at(portion);
  } else {
    loose_.pop_front();
  }
  loose_records_ -= batch.size();
  waiting_ -= batch.size();
  const LaneIndex lane = use_free_lane();
  lanes_[lane].shares = 1;
  shares.push_back({lane, std::move(batch)});
}

LaneIndex KeyQueue::use_free_lane() {
  if (free_.empty()) {
    lanes_.emplace_back();
    return lanes_.size() - 1;
  }
  std::pop_heap(free_.begin(), free_.end(), std::greater<>());
  const LaneIndex lane = free_.back();
  free_.pop_back();
  return lane;
}

// ---- What comes back

void KeyQueue::completed(LaneIndex index, std::size_t shares) {
  Lane& lane = lanes_[index];
  lane.shares -= shares;
  if (lane.shares == 0) free_lane(index);
}

void KeyQueue::free_lane(LaneIndex index) {
  Lane& lane = lanes_[index];
  if (lane.key != nullptr) forget_key(std::exchange(lane.key, nullptr));
  free_.push_back(index);
  std::push_heap(free_.begin(), free_.end(), std::greater<>());
}

void KeyQueue::forget_key(Entry* key) {
  key->second.lane = kNone;
  if (key == &broken_) return;
  Keys::node_type node = keys_.extract(keys_.find(key->first));
  spare_.push_back(std::move(node));
}

void KeyQueue::give_back(LaneBatch batch) {
  waiting_ += batch.size();
  loose_records_ += batch.size();
  const auto place = std::partition_point(
      loose_.begin(), loose_.end(),
      [&](const LaneBatch& other) { return other.first_offset() < batch.first_offset(); });
  loose_.insert(place, std::move(batch));
}

void KeyQueue::forget_from(Offset offset) {
  const auto shorten = [&](auto& batches) {
    std::size_t lost = 0;
    std::erase_if(batches, [&](LaneBatch& batch) {
      const std::size_t before = batch.size();
      const bool is_left = batch.keep_below(offset);
      lost += before - batch.size();
      return !is_left;
    });
    waiting_ -= lost;
    return lost;
  };
  loose_records_ -= shorten(loose_);
  for (Entry* key : keys_waiting_) shorten(key->second.held);
  std::erase_if(keys_waiting_, [&](Entry* key) {
    if (!key->second.held.empty()) return false;
    forget_key(key);
    return true;
  });
}

}  // namespace rookery
