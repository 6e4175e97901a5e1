// timers.h
//
// Things to be done at a time, in order of time, then of setting. Knows no clock: run() is told the
// time.
//
// Not thread-safe. A Timer must not outlive the Timers it was set on.
#pragma once

#include <rookery/runtime/time_types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace rookery::mock {

class Timers {
 public:
  using Action = std::function<void()>;

  // Runs what is due, also what actions set to times that are due already.
  void run(TimePoint now);
  // kNever when nothing is set.
  TimePoint next() const { return due_.empty() ? kNever : due_.begin()->first.first; }

 private:
  friend class Timer;
  using Key = std::pair<TimePoint, std::uint64_t>;

  std::map<Key, Action> due_;
  std::uint64_t next_sequence_ = 0;
};

// One timer: set again and again, cancelled by its destruction.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  Timer(Timer&& other) noexcept
      : timers_(std::exchange(other.timers_, nullptr)), key_(other.key_) {}
  Timer& operator=(Timer&& other) noexcept {
    cancel();
    timers_ = std::exchange(other.timers_, nullptr);
    key_ = other.key_;
    return *this;
  }
  ~Timer() { cancel(); }

  // Replaces what was set before. At kNever nothing is set. The action may set the timer again, or
  // destroy it.
  void set(Timers& timers, TimePoint at, Timers::Action action);
  void cancel();
  bool is_set() const { return timers_ && timers_->due_.contains(key_); }

 private:
  Timers* timers_ = nullptr;
  Timers::Key key_;
};

}  // namespace rookery::mock
