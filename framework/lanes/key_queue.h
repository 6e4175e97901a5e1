// key_queue.h
//
// A lane for each key that has work under way. Free lanes are used again, the first one first;
// while all are taken, records of further keys wait, in the order in which their keys came, and
// others go on. Records whose key function threw are of one key. Records without a key are loose:
// dealt to free lanes in portions that get smaller as fewer are left. With a key function that
// gives null for every record it is the queue of unordered().
//
// Memory: what waits and what lanes hold, bounded by the window; no allocation for a key that was
// seen before.
#pragma once

#include <rookery/lanes/lane_queue.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rookery {

class KeyQueue final : public LaneQueue {
 public:
  // keys: null where no record has one.
  KeyQueue(std::size_t max_lanes, std::size_t width, std::unique_ptr<KeyReader> keys);
  ~KeyQueue() override;

  void add(RecordBatch batch) override;
  void give(std::vector<LaneShare>& shares) override;
  void completed(LaneIndex lane, std::size_t shares) override;
  void forgotten(LaneIndex lane, std::size_t shares) override { completed(lane, shares); }
  void give_back(LaneBatch batch) override;
  std::size_t waiting() const override { return waiting_; }
  void forget_from(Offset offset) override;

 private:
  static constexpr LaneIndex kNone = static_cast<LaneIndex>(-1);

  // A key with work under way.
  struct State {
    LaneIndex lane = kNone;
    std::vector<LaneBatch> held;  // until it has a lane
    std::uint64_t dispatch = 0;   // in which it was last seen, and its part there
    std::uint32_t part = 0;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>()(key);
    }
  };
  using Keys = std::unordered_map<std::string, State, Hash, std::equal_to<>>;
  using Entry = Keys::value_type;

  struct Lane {
    Entry* key = nullptr;    // null: free, or loose records
    std::size_t shares = 0;  // under way
  };

  std::uint32_t part_of(const Record& record);
  Entry* entry_of(const LaneKey& key);
  void put(Entry* key, LaneBatch part);
  void give_key(Entry* key, std::vector<LaneShare>& shares);
  void give_loose(std::vector<LaneShare>& shares);
  bool has_free_lane() const { return !free_.empty() || lanes_.size() < max_lanes_; }
  LaneIndex use_free_lane();
  void free_lane(LaneIndex lane);
  void forget_key(Entry* key);

  const std::size_t max_lanes_;
  const std::size_t width_;
  const std::unique_ptr<KeyReader> reader_;
  std::vector<Lane> lanes_;
  std::vector<LaneIndex> free_;  // a heap, the first lane on top
  Keys keys_;
  std::vector<Keys::node_type> spare_;  // of keys that are done
  Entry broken_;                        // the key of records whose key function threw
  std::deque<Entry*> keys_waiting_;     // for a lane
  std::deque<LaneBatch> loose_;         // in offset order
  std::size_t loose_records_ = 0;
  std::size_t waiting_ = 0;
  std::vector<LaneShare> shares_;  // to be given: of keys that have a lane

  // Of the batch being added.
  std::uint64_t dispatch_ = 0;
  std::vector<Entry*> parts_;  // null: the loose records
  std::vector<std::uint32_t> part_of_;
  std::uint32_t loose_part_ = 0;
  bool has_loose_ = false;
};

}  // namespace rookery
