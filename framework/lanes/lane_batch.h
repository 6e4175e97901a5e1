// lane_batch.h
//
// A lane's share of a batch: those of its records that went to one lane, next to each other, and
// the batch they are part of, which lives as long as any of its shares.
//
// Copies are cheap and view the same records. May be destroyed on any thread.
#pragma once

#include <rookery/transport/record_batch.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace rookery {

class LaneBatch {
 public:
  LaneBatch() = default;
  // All of it.
  explicit LaneBatch(RecordBatch batch);

  std::span<const Record> records() const { return records_; }
  std::size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }
  const Record& operator[](std::size_t index) const { return records_[index]; }
  Offset first_offset() const { return records_.front().offset(); }
  Offset last_offset() const { return records_.back().offset(); }
  // When the batch was taken that it is part of. Not of an empty one.
  TimePoint taken_at() const;

  // Its records have no order among themselves: any lane may run any of them.
  bool is_loose() const { return is_loose_; }
  void set_loose() { is_loose_ = true; }

  void keep_first(std::size_t count) { records_ = records_.first(count); }
  // Of records below `offset` alone. False: none is left.
  bool keep_below(Offset offset);
  // Gives away its records from the index on, and keeps those before.
  LaneBatch split_at(std::size_t index);

 private:
  struct Source;
  friend std::vector<LaneBatch> split(RecordBatch batch, std::span<const std::uint32_t> part_of,
                                      std::size_t parts);

  std::shared_ptr<const Source> source_;
  std::span<const Record> records_;
  bool is_loose_ = false;
};

// Splits a batch: part_of[i] < parts says where its record i goes. In each part records keep their
// order; a part may be empty. One allocation for all records.
std::vector<LaneBatch> split(RecordBatch batch, std::span<const std::uint32_t> part_of,
                             std::size_t parts);

}  // namespace rookery
