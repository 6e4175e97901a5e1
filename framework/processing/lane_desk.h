// lane_desk.h
//
// What others leave for a lane, and what a lane leaves for its partition: the place where threads
// meet. Guarded by the partition's marks, but for what says otherwise.
#pragma once

#include <rookery/base/result.h>
#include <rookery/lanes/lane_batch.h>
#include <rookery/processing/worker_pool.h>
#include <rookery/runtime/atomic.h>
#include <rookery/runtime/time.h>
#include <rookery/tracing/tracer.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace rookery {

// What an output, or a dead letter, that was not acknowledged means for its record.
struct OutputFailure {
  Offset offset = -1;        // of the input
  Offset suspects_end = -1;  // the input may be any in [offset, suspects_end)
  bool is_dead_letter = false;
  Error error;
  std::string trace_id = {};                        // empty: of no trace
  std::shared_ptr<const OutputOrigin> origin = {};  // null: nothing is traced
};

struct LaneDesk {
  static constexpr Offset kNoWake = std::numeric_limits<Offset>::max();

  // number: none when the lane is its partition's only one, and runs in its steps.
  LaneDesk(Task& lane_task, std::optional<std::size_t> number)
      : task(lane_task), lane(number.value_or(0)), is_sole(!number) {}

  Task& task;  // whose step runs the lane
  const std::size_t lane;
  const bool is_sole;

  // Any thread: there is something else to do than to go on with the next record.
  Atomic<bool> is_interrupted{false};

  // Any thread: what user code is at, for the watchdog. The number is of the run under way, 0 when
  // none is, and is written last.
  std::atomic<std::uint64_t> consume{0};
  std::atomic<Offset> consume_offset{-1};  // its first record; of a hook: -1
  std::atomic<const char*> hook{nullptr};  // its name; null: consume
  void note_began(std::uint64_t number, Offset first) {
    consume_offset.store(first, std::memory_order_release);
    consume.store(number, std::memory_order_release);
  }
  void note_ended() { consume.store(0, std::memory_order_release); }
  // Of work that finishes later: the number of the consume that has returned.
  std::atomic<std::uint64_t> returned_consume{0};
  void note_returned() {
    returned_consume.store(consume.load(std::memory_order_relaxed), std::memory_order_release);
  }
  // The number of the run whose code runs now; 0: none does.
  std::uint64_t running() const {
    const std::uint64_t number = consume.load(std::memory_order_acquire);
    return number == returned_consume.load(std::memory_order_acquire) ? 0 : number;
  }
  // Any thread: a seek has moved the partition, and the lane has not heard of it.
  std::atomic<bool> is_moved{false};

  // For the lane.
  std::vector<LaneBatch> given;
  std::optional<OutputFailure> output_failure;  // of the lowest offset: the lane goes back to it
  // The log has lost what lay there and above, or a seek has it taken again.
  std::optional<Offset> forget_from;
  std::optional<Offset> goes_back_to;  // it has heard of the failure, not yet unmarked
  std::size_t outputs_under_way = 0;
  // A step is due when the done prefix reaches this (the only lane of its partition), ...
  Offset wake_at = kNoWake;
  bool waits_for_outputs = false;  // ... or when no output is under way any more.
  bool is_end_due = false;         // its consumer is to be told of the partition's end

  // For the partition.
  bool is_busy = false;  // it has something to run
  bool is_idle = true;   // it has nothing to run, not even later
  bool is_ended = false;
  std::size_t completed = 0;        // shares that are done, oldest first
  std::size_t forgotten = 0;        // shares that its log has lost
  std::vector<LaneBatch> returned;  // loose records that it has not begun
  bool is_noted = false;            // one of these three waits for the partition

  // Written by the control thread: the consume under way when last looked, and since when.
  std::uint64_t watched_consume = 0;
  TimePoint watched_since = kNever;
  bool is_slow_told = false;
};

// While a hook runs.
class HookRun {
 public:
  // number: of the lane's runs.
  HookRun(LaneDesk& desk, const char* name, std::uint64_t number) : desk_(desk) {
    desk_.hook.store(name, std::memory_order_release);
    desk_.note_began(number, -1);
  }
  ~HookRun() {
    desk_.note_ended();
    desk_.hook.store(nullptr, std::memory_order_release);
  }
  HookRun(const HookRun&) = delete;
  HookRun& operator=(const HookRun&) = delete;

 private:
  LaneDesk& desk_;
};

}  // namespace rookery
