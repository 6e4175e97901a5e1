// virtual_queue.h
//
// A fixed number of lanes: by the key's hash, as Kafka's partitioner, or to whom has least to do.
//
// Consistent: lane = (murmur2(key) & 0x7fffffff) mod n; without a key, offset mod n. Balanced: the
// records of a dispatch are grouped by key, and groups go whole, the largest first (of equals, that
// with the lowest first offset), to the lane with the fewest records under way (of equals, the
// first); but a key with work under way stays on its lane. Records without a key are groups of one.
// A key function that throws: lane 0.
#pragma once

#include <rookery/lanes/lane_queue.h>

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rookery {

// Whole batches to numbered lanes; how, says the subclass.
class VirtualQueue : public LaneQueue {
 public:
  void add(RecordBatch batch) final;
  void give(std::vector<LaneShare>& shares) final;
  void completed(LaneIndex lane, std::size_t shares) override;
  void forgotten(LaneIndex lane, std::size_t shares) override;
  void give_back(LaneBatch batch) final;
  std::size_t waiting() const final { return waiting_; }
  void forget_from(Offset offset) final;

 protected:
  VirtualQueue(std::size_t lanes, KeyReader keys) : lanes_(lanes), keys_(std::move(keys)) {}

  // Writes the lane of each record.
  virtual void distribute(std::span<const Record> records, std::vector<std::uint32_t>& lane_of) = 0;
  virtual void note_given(LaneIndex, std::size_t /*records*/) {}

  std::size_t lane_count() const { return lanes_; }
  LaneKey key_of(const Record& record) const { return keys_.read(record); }

 private:
  const std::size_t lanes_;
  const KeyReader keys_;
  std::vector<LaneShare> shares_;  // to be given
  std::size_t waiting_ = 0;
  std::vector<std::uint32_t> lane_of_;  // of the batch being added
};

class ConsistentQueue final : public VirtualQueue {
 public:
  ConsistentQueue(std::size_t lanes, KeyReader keys) : VirtualQueue(lanes, std::move(keys)) {}

 private:
  void distribute(std::span<const Record> records, std::vector<std::uint32_t>& lane_of) override;
};

class BalancedQueue final : public VirtualQueue {
 public:
  BalancedQueue(std::size_t lanes, KeyReader keys)
      : VirtualQueue(lanes, std::move(keys)), lanes_(lanes) {}

  void completed(LaneIndex lane, std::size_t shares) override;
  void forgotten(LaneIndex lane, std::size_t shares) override;

 private:
  struct Lane {
    std::deque<std::size_t> sizes;  // of the shares under way
    std::uint64_t completed = 0;    // shares
    std::size_t load = 0;           // records under way
    std::uint64_t given() const { return completed + sizes.size(); }
  };
  // Where a key went last. Its work is under way as long as that share is.
  struct Place {
    LaneIndex lane = 0;
    std::uint64_t share = 0;  // of the lane's, counted from 1
    std::uint64_t dispatch = 0;
    std::uint32_t group = 0;  // in that dispatch
  };
  struct Group {
    Place* place = nullptr;  // null: no key
    std::uint32_t records = 0;
    LaneIndex lane = 0;
    bool is_placed = false;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>()(key);
    }
  };

  void distribute(std::span<const Record> records, std::vector<std::uint32_t>& lane_of) override;
  void note_given(LaneIndex lane, std::size_t records) override;
  std::uint32_t group_of(const Record& record);
  void place_groups();
  void put(Group& group, LaneIndex lane);
  bool is_under_way(const Place& place) const;
  void forget_idle_keys();

  std::vector<Lane> lanes_;
  std::unordered_map<std::string, Place, Hash, std::equal_to<>> places_;
  std::size_t places_most_ = 1'024;  // then those of idle keys are forgotten
  std::uint64_t dispatch_ = 0;
  std::vector<Group> groups_;  // of the dispatch, by first offset
  std::uint32_t broken_group_ = 0;
  bool has_broken_ = false;
};

}  // namespace rookery
