// filter.h
//
// What a filter is: it sees the records of a partition before any consumer does, in batches, and
// removes some; besides it may have the partition wait, or go elsewhere.
//
//   class Sample : public rookery::Filter {
//     void apply(rookery::FilterBatch& batch) override {
//       batch.remove_if([](const rookery::Record& record) { return record.offset() % 10 != 0; });
//     }
//     bool marks() const override { return true; }  // what it removed counts as done
//   };
//
// One object for each partition and ownership: whoever gets the partition next begins anew.
//
// apply() comes first, then the questions about that application. A record may be seen again: when
// it was held back (by this filter or another of the chain), and when a filter threw. So what is to
// be counted once is counted in let_through().
//
// Thread rules: on a worker, one call at a time for each object, no lock held. What any of them
// throws is told as an event; the batch waits and is filtered again.
#pragma once

#include <rookery/runtime/time_types.h>
#include <rookery/transport/record.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace rookery {

// What a chain's filters thin out: records in offset order, and the moment at which all filters of
// the chain see them. Views: valid inside apply().
class FilterBatch {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Record;
    using difference_type = std::ptrdiff_t;
    using pointer = const Record*;
    using reference = const Record&;

    Iterator() = default;
    explicit Iterator(const Record* const* at) : at_(at) {}
    reference operator*() const { return **at_; }
    pointer operator->() const { return *at_; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) { return Iterator(at_++); }
    friend bool operator==(Iterator, Iterator) = default;

   private:
    const Record* const* at_ = nullptr;
  };

  FilterBatch(std::span<const Record> records, TimePoint now, WallTime wall_now);

  // What filters before left.
  std::size_t size() const { return left_.size(); }
  bool empty() const { return left_.empty(); }
  const Record& operator[](std::size_t index) const { return *left_[index]; }
  Iterator begin() const { return Iterator(left_.data()); }
  Iterator end() const { return Iterator(left_.data() + left_.size()); }
  std::span<const Record* const> pointers() const { return left_; }

  TimePoint now() const { return now_; }           // the monotonic clock
  WallTime wall_now() const { return wall_now_; }  // the calendar, as records' timestamps

  // Removes those for which the predicate is true; it is asked in offset order.
  template <class Predicate>  // (const Record&) -> bool
  void remove_if(Predicate predicate) {
    const auto end = std::remove_if(left_.begin(), left_.end(),
                                    [&](const Record* record) { return predicate(*record); });
    left_.erase(end, left_.end());
  }
  // Removes the one at `index`, and all behind it. index: at most size().
  void remove_from(std::size_t index) { left_.resize(index); }

 private:
  std::vector<const Record*> left_;
  TimePoint now_;
  WallTime wall_now_;
};

// What a partition does once the filtered records have run.
struct FilterAction {
  enum class Kind { kSkip, kPause, kSeek };

  Kind kind = Kind::kSkip;
  Duration pause_for{};  // kPause

  static FilterAction skip() { return {}; }  // it goes on
  // It takes no more for that time, and then goes on at the cursor.
  static FilterAction pause(Duration time) { return {.kind = Kind::kPause, .pause_for = time}; }
  static FilterAction seek() { return {.kind = Kind::kSeek}; }  // it goes on at the cursor at once
};

class Filter {
 public:
  virtual ~Filter() = default;

  virtual void apply(FilterBatch& batch) = 0;

  // About the last apply(). They count only when it removed something or does not skip.
  virtual FilterAction action() const { return FilterAction::skip(); }
  // The first record wanted next; records from there on wait, whether removed or not. None: where
  // the batch ends.
  virtual std::optional<Offset> cursor() const { return std::nullopt; }
  // Whether what it removed may count as done; up to marking_cursor() (exclusive), without one all
  // of it. Otherwise the committed offset passes it only together with a later record.
  virtual bool marks() const { return false; }
  virtual std::optional<Offset> marking_cursor() const { return cursor(); }

  // Of the last apply(): those that passed the whole chain, and are run now. Each record comes here
  // once for each ownership. May be empty.
  virtual void let_through(std::span<const Record* const> /*records*/) {}
};

}  // namespace rookery
