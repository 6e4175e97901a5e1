// filters.cc
//
// The three built-in filters, and what can be wrong with a list of filters.
#include <rookery/filtering/filters.h>

#include <rookery/base/duration.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>

namespace rookery {
namespace {

// The calendar may be set while a record waits: how long is found out again at least that often.
constexpr Duration kLookAgain = std::chrono::minutes(1);

// In milliseconds, up. A timestamp is any number that a producer wrote.
std::int64_t age_ms(const Record& record, WallTime now) {
  std::int64_t age = 0;
  const std::int64_t timestamp = record.timestamp().time_since_epoch().count();
  if (__builtin_sub_overflow(now.time_since_epoch().count(), timestamp, &age)) {
    return std::numeric_limits<std::int64_t>::min();  // far in the future: there are no others
  }
  return age;
}

std::int64_t whole_ms(Duration time) {
  return std::chrono::ceil<std::chrono::milliseconds>(time).count();
}

class Throttle final : public Filter {
 public:
  Throttle(std::size_t limit, Duration per) : limit_(limit), per_(per) {}

  void apply(FilterBatch& batch) override {
    now_ = batch.now();
    while (!handed_.empty() && now_ - handed_.front().at >= per_) {
      in_window_ -= handed_.front().records;
      handed_.pop_front();
    }
    cursor_.reset();
    const std::size_t room = limit_ - in_window_;
    if (batch.size() <= room) return;
    cursor_ = batch[room].offset();
    batch.remove_from(room);
  }
  FilterAction action() const override {
    if (!cursor_) return FilterAction::skip();
    const TimePoint oldest = handed_.empty() ? now_ : handed_.front().at;
    return FilterAction::pause(per_ - (now_ - oldest));
  }
  std::optional<Offset> cursor() const override { return cursor_; }
  void let_through(std::span<const Record* const> records) override {
    if (records.empty()) return;
    handed_.push_back({now_, records.size()});
    in_window_ += records.size();
  }

 private:
  struct Handed {
    TimePoint at;
    std::size_t records;
  };
  const std::size_t limit_;
  const Duration per_;
  std::deque<Handed> handed_;  // within the window
  std::size_t in_window_ = 0;  // at most limit_
  TimePoint now_{};
  std::optional<Offset> cursor_;
};

class Delay final : public Filter {
 public:
  explicit Delay(Duration time) : time_ms_(whole_ms(time)) {}

  void apply(FilterBatch& batch) override {
    cursor_.reset();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (!batch[i].has_timestamp()) continue;
      const std::int64_t age = age_ms(batch[i], batch.wall_now());
      if (age >= time_ms_) continue;
      cursor_ = batch[i].offset();
      std::int64_t left_ms = 0;
      const bool is_far =
          __builtin_sub_overflow(time_ms_, age, &left_ms) || left_ms >= whole_ms(kLookAgain);
      wait_ = is_far ? kLookAgain : std::chrono::milliseconds(left_ms);
      return batch.remove_from(i);
    }
  }
  FilterAction action() const override {
    return cursor_ ? FilterAction::pause(wait_) : FilterAction::skip();
  }
  std::optional<Offset> cursor() const override { return cursor_; }

 private:
  const std::int64_t time_ms_;
  std::optional<Offset> cursor_;
  Duration wait_{};
};

class Expire final : public Filter {
 public:
  explicit Expire(Duration time) : time_ms_(whole_ms(time)) {}

  void apply(FilterBatch& batch) override {
    seen_below_.reset();
    if (batch.empty()) return;
    seen_below_ = batch[batch.size() - 1].offset() + 1;
    batch.remove_if([&](const Record& record) {
      return record.has_timestamp() && age_ms(record, batch.wall_now()) > time_ms_;
    });
  }
  bool marks() const override { return true; }
  std::optional<Offset> marking_cursor() const override { return seen_below_; }

 private:
  const std::int64_t time_ms_;
  std::optional<Offset> seen_below_;
};

}  // namespace

FilterFactory throttle(std::size_t limit, Duration per) {
  FilterFactory factory;
  factory.make_ = [limit, per](const std::string&, PartitionId) {
    return std::make_unique<Throttle>(limit, per);
  };
  factory.text_ = "throttle(" + std::to_string(limit) + " per " + format_duration(per) + ")";
  if (limit < 1) factory.mistake_ = "must let through at least 1 record";
  if (per <= Duration::zero()) {
    if (!factory.mistake_.empty()) factory.mistake_ += ", and ";
    factory.mistake_ += "needs a time above zero";
  }
  return factory;
}

FilterFactory delay(Duration time) {
  FilterFactory factory;
  factory.make_ = [time](const std::string&, PartitionId) { return std::make_unique<Delay>(time); };
  factory.text_ = "delay(" + format_duration(time) + ")";
  factory.delay_ = time;
  if (time <= Duration::zero()) factory.mistake_ = "needs a time above zero";
  return factory;
}

FilterFactory expire(Duration time) {
  FilterFactory factory;
  factory.make_ = [time](const std::string&, PartitionId) {
    return std::make_unique<Expire>(time);
  };
  factory.text_ = "expire(" + format_duration(time) + ")";
  factory.expires_ = time;
  if (time <= Duration::zero()) factory.mistake_ = "needs a time above zero";
  return factory;
}

std::vector<Filters::Wrong> Filters::mistakes() const {
  std::vector<Wrong> found;
  const FilterFactory* longest_delay = nullptr;
  for (const FilterFactory& one : filters_) {
    if (one.delay_ && (longest_delay == nullptr || *one.delay_ > *longest_delay->delay_)) {
      longest_delay = &one;
    }
  }
  for (std::size_t i = 0; i < filters_.size(); ++i) {
    const FilterFactory& one = filters_[i];
    if (!one.make_) found.push_back({i, "is no factory"});
    if (!one.mistake_.empty()) found.push_back({i, one.text_ + " " + one.mistake_});
    if (one.expires_ && longest_delay != nullptr && *one.expires_ <= *longest_delay->delay_) {
      found.push_back(
          {i, one.text_ + " drops every record before " + longest_delay->text_ + " lets it run"});
    }
  }
  return found;
}

}  // namespace rookery
