// record_batch.h
//
// Records taken from one partition in one go, with the memory they view.
//
// Move-only. May be destroyed on any thread; every batch must be destroyed before its consumer can
// close cleanly.
#pragma once

#include <rookery/runtime/time_types.h>
#include <rookery/transport/record.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace rookery {

// A local counter, new each time a partition comes to this consumer: it tells one ownership from
// the next. Not Kafka's generation, which a partition kept through cooperative rebalances outlives
// (KIP-429).
struct AssignmentId {
  std::uint64_t value = 0;
  friend bool operator==(AssignmentId, AssignmentId) = default;
  friend auto operator<=>(AssignmentId, AssignmentId) = default;
};

class RecordBatch {
 public:
  // A transport's memory behind the views.
  class Memory {
   public:
    virtual ~Memory() = default;
  };

  RecordBatch() = default;
  // `records` and what they view live in `memory`, and `handle` outlives them through it or by
  // itself.
  RecordBatch(std::shared_ptr<const PartitionHandle> handle, AssignmentId assignment,
              std::span<const Record> records, std::unique_ptr<Memory> memory)
      : handle_(std::move(handle)),
        assignment_(assignment),
        records_(records),
        memory_(std::move(memory)) {}
  RecordBatch(RecordBatch&& other) noexcept
      : handle_(std::move(other.handle_)),
        assignment_(other.assignment_),
        taken_at_(other.taken_at_),
        records_(std::exchange(other.records_, {})),
        memory_(std::move(other.memory_)) {}
  RecordBatch& operator=(RecordBatch&& other) noexcept {
    memory_ = std::move(other.memory_);
    handle_ = std::move(other.handle_);
    assignment_ = other.assignment_;
    taken_at_ = other.taken_at_;
    records_ = std::exchange(other.records_, {});
    return *this;
  }

  std::span<const Record> records() const { return records_; }
  bool empty() const { return records_.empty(); }
  std::size_t size() const { return records_.size(); }
  const Record& operator[](std::size_t index) const { return records_[index]; }
  auto begin() const { return records_.begin(); }
  auto end() const { return records_.end(); }
  AssignmentId assignment() const { return assignment_; }
  // When it was taken, if whoever took it has noted that.
  TimePoint taken_at() const { return taken_at_; }
  void set_taken_at(TimePoint time) { taken_at_ = time; }
  // From now on it is of its first records alone; the memory of the others stays. `count` is at
  // most size().
  void keep_first(std::size_t count) { records_ = records_.first(count); }

 private:
  std::shared_ptr<const PartitionHandle> handle_;
  AssignmentId assignment_;
  TimePoint taken_at_{};
  std::span<const Record> records_;
  std::unique_ptr<Memory> memory_;
};

}  // namespace rookery
