// batch.h
//
// Records of one partition handed to a batch consumer together, in offset order. Iterating
// remembers the record one stands on: a throw blames it, and what is sent meanwhile belongs to it.
// An iteration that reached the end stands on none: what throws then (a bulk insert) blames nobody.
#pragma once

#include <rookery/transport/record.h>

#include <cstddef>
#include <span>

namespace rookery {

class Batch {
 public:
  // A view: the records outlive the batch.
  explicit Batch(std::span<const Record> records) : records_(records) {}

  class Iterator {
   public:
    using value_type = Record;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(Batch* batch, std::size_t index) : batch_(batch), index_(index) {}
    const Record& operator*() const {
      batch_->current_ = index_;
      return batch_->records_[index_];
    }
    const Record* operator->() const { return &**this; }
    Iterator& operator++() {
      if (++index_ == batch_->size()) batch_->current_ = kNone;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.index_ == b.index_; }

   private:
    Batch* batch_ = nullptr;
    std::size_t index_ = 0;
  };

  Iterator begin() { return {this, 0}; }
  Iterator end() { return {this, records_.size()}; }
  std::size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }
  // Looking a record up by its place does not make it the current one.
  const Record& operator[](std::size_t index) const { return records_[index]; }
  std::span<const Record> records() const { return records_; }

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  // The place last visited by iteration; kNone before the first and after the last.
  std::size_t current() const { return current_; }

 private:
  std::span<const Record> records_;
  std::size_t current_ = kNone;
};

}  // namespace rookery
