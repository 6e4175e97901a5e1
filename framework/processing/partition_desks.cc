// partition_desks.cc
//
// What lanes and their partition leave for each other.
#include <rookery/processing/partition_marks.h>

#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <utility>

namespace rookery {

void PartitionMarks::add_lane(LaneDesk& desk) {
  MutexLock lock(mutex_);
  desks_.push_back(&desk);
  if (is_ending_) desk.is_interrupted.store(true);
}

void PartitionMarks::interrupt_all() {
  MutexLock lock(mutex_);
  is_ending_ = true;
  for (LaneDesk* desk : desks_) {
    desk->is_interrupted.store(true);
    desk->task.set_urgent();
  }
}

bool PartitionMarks::are_all_ended() const {
  MutexLock lock(mutex_);
  return ended_ == desks_.size();
}

std::vector<PartitionMarks::SlowRun> PartitionMarks::slow_runs(TimePoint time, Duration timeout) {
  std::vector<SlowRun> slow;
  MutexLock lock(mutex_);
  for (LaneDesk* desk : desks_) {
    const std::uint64_t consume = desk->consume.load(std::memory_order_acquire);
    if (consume == 0 || consume != desk->watched_consume) {
      desk->watched_consume = consume;
      desk->watched_since = time;
      desk->is_slow_told = false;
    } else if (!desk->is_slow_told && time - desk->watched_since >= timeout) {
      const Offset offset = desk->consume_offset.load(std::memory_order_acquire);
      const char* hook = desk->hook.load(std::memory_order_acquire);
      // It may have ended just now, and that be of the next.
      if (desk->consume.load(std::memory_order_relaxed) != consume) continue;
      desk->is_slow_told = true;
      slow.push_back({.offset = offset, .hook = hook, .lasts = time - desk->watched_since});
    }
  }
  return slow;
}

std::optional<PartitionMarks::SlowRun> PartitionMarks::longest_run(TimePoint time) const {
  std::optional<SlowRun> longest;
  MutexLock lock(mutex_);
  for (const LaneDesk* desk : desks_) {
    const std::uint64_t consume = desk->running();
    if (consume == 0 || consume != desk->watched_consume) continue;
    SlowRun run{.offset = desk->consume_offset.load(std::memory_order_acquire),
                .hook = desk->hook.load(std::memory_order_acquire),
                .lasts = time - desk->watched_since};
    if (desk->consume.load(std::memory_order_relaxed) != consume)
      continue;  // it has ended just now
    if (!longest || run.lasts > longest->lasts) longest = run;
  }
  return longest;
}

std::size_t PartitionMarks::busy_lanes() const {
  MutexLock lock(mutex_);
  return static_cast<std::size_t>(std::count_if(
      desks_.begin(), desks_.end(), [](const LaneDesk* desk) { return desk->running() != 0; }));
}

std::string PartitionMarks::describe() const {
  MutexLock lock(mutex_);
  std::string out = " committable=" + std::to_string(ledger_.committable()) +
                    " uncommitted=" + std::to_string(ledger_.outstanding()) +
                    " outputs_under_way=" + std::to_string(pending_.size());
  if (desks_.size() > 1) out += " lanes=" + std::to_string(desks_.size());
  const auto consuming = std::count_if(desks_.begin(), desks_.end(), [](const LaneDesk* desk) {
    return desk->consume.load(std::memory_order_relaxed) != 0;
  });
  if (consuming > 0) out += " consuming";
  if (consuming > 1) out += "=" + std::to_string(consuming);
  return out;
}

// ---- The partition's step

std::size_t PartitionMarks::room(std::size_t wanted) {
  MutexLock lock(mutex_);
  const bool is_enough = !skip_below_ && has_room(wanted);  // a seek waits for all lanes
  wanted_ = is_enough ? 0 : wanted;
  return is_enough ? room_left() : 0;
}

std::size_t PartitionMarks::room_left() const {
  return window_ - std::min(window_, ledger_.outstanding());
}

// Small portions would cost more than they bring while lanes have work.
bool PartitionMarks::has_room(std::size_t wanted) const {
  if (mutant("lanes.busy_lane_jams") && ledger_.outstanding() > 0) return false;
  if (busy_ == 0) return room_left() > 0;
  return room_left() >= wanted && !is_metadata_nearly_full();
}

bool PartitionMarks::is_fed() {
  if (wanted_ == 0 || !has_room(wanted_)) return false;
  wanted_ = 0;
  return true;
}

void PartitionMarks::give(LaneDesk& desk, LaneBatch batch) {
  MutexLock lock(mutex_);
  desk.given.push_back(std::move(batch));
  desk.is_end_due = false;  // it will hear of the next one
  if (std::exchange(desk.is_idle, false)) ++not_idle_;
  if (!std::exchange(desk.is_busy, true)) ++busy_;
}

std::vector<Task*> PartitionMarks::ask_to_forget(Offset offset) {
  std::vector<Task*> tasks;
  MutexLock lock(mutex_);
  for (LaneDesk* desk : desks_) {
    if (desk->is_ended) continue;
    if (!desk->forget_from) ++forgetting_;
    desk->forget_from = std::min(offset, desk->forget_from.value_or(offset));
    desk->is_interrupted.store(true);
    tasks.push_back(&desk->task);
  }
  return tasks;
}

bool PartitionMarks::is_forgetting() const {
  MutexLock lock(mutex_);
  return forgetting_ > 0;
}

std::vector<PartitionMarks::Note> PartitionMarks::collect_notes() {
  std::vector<Note> notes;
  MutexLock lock(mutex_);
  notes.reserve(noted_.size());
  for (LaneDesk* desk : noted_) {
    desk->is_noted = false;
    notes.push_back({.lane = desk->lane,
                     .completed = std::exchange(desk->completed, 0),
                     .forgotten = std::exchange(desk->forgotten, 0),
                     .returned = std::exchange(desk->returned, {})});
  }
  noted_.clear();
  return notes;
}

std::optional<std::vector<Task*>> PartitionMarks::tell_end() {
  MutexLock lock(mutex_);
  const bool is_returned = std::any_of(
      noted_.begin(), noted_.end(), [](const LaneDesk* desk) { return !desk->returned.empty(); });
  is_end_waiting_ = not_idle_ > 0 || is_returned;
  if (is_end_waiting_) return std::nullopt;
  std::vector<Task*> tasks;
  for (LaneDesk* desk : desks_) {
    desk->is_end_due = true;
    tasks.push_back(&desk->task);
  }
  return tasks;
}

bool PartitionMarks::set_lanes_wanted(bool are_wanted) {
  MutexLock lock(mutex_);
  are_lanes_wanted_ = are_wanted;
  return are_wanted && !noted_.empty();
}

// ---- A lane's step

PartitionMarks::Orders PartitionMarks::collect_orders(LaneDesk& desk) {
  MutexLock lock(mutex_);
  return {.given = std::exchange(desk.given, {}),
          .forget_from = desk.forget_from,
          .is_moved = desk.is_moved.load(std::memory_order_relaxed),
          .is_end = std::exchange(desk.is_end_due, false)};
}

PartitionMarks::Due PartitionMarks::report(LaneDesk& desk, Report report) {
  std::vector<LaneBatch> lost;  // ends outside the lock: batches give memory back
  MutexLock lock(mutex_);
  desk.completed += report.completed;
  desk.waits_for_outputs = !report.undone.empty();
  Due due;
  if (report.forgotten) {
    desk.forgotten += *report.forgotten;
    for (LaneBatch& batch : std::exchange(desk.returned, {})) {
      const bool is_kept = !report.is_moved && batch.keep_below(*report.forgotten_from);
      (is_kept ? desk.returned : lost).push_back(std::move(batch));
    }
    due.partition =
        end_forgetting(desk, report.forgotten_from, report.is_moved, std::move(report.begun));
  }
  if (desk.completed > 0 || desk.forgotten > 0) {
    note(desk);
    due.partition = due.partition || are_lanes_wanted_;
  }
  due.partition = due.partition || !desk.returned.empty();
  const bool is_busy = (report.is_busy || !desk.given.empty()) && !report.is_ended;
  if (desk.is_busy && !is_busy) --busy_;
  if (!desk.is_busy && is_busy) ++busy_;
  desk.is_busy = is_busy;
  const bool is_idle = (report.is_idle && desk.given.empty()) || report.is_ended;
  if (desk.is_idle && !is_idle) ++not_idle_;
  if (!desk.is_idle && is_idle) --not_idle_;
  desk.is_idle = is_idle;
  due.partition = due.partition || (is_end_waiting_ && not_idle_ == 0);
  if (report.is_ended && !std::exchange(desk.is_ended, true)) {
    if (std::exchange(desk.forget_from, std::nullopt)) {
      --forgetting_;
      skip_below_.reset();  // nobody knows what it had begun
    }
    ++ended_;
    due.partition = due.partition || ended_ == desks_.size();
  }
  // The last output may have gone since the lane looked.
  due.lane = desk.waits_for_outputs && desk.outputs_under_way == 0 &&
             done_prefix_locked(report.undone) == report.undone.size();
  due.partition = due.partition || is_fed();
  return due;
}

void PartitionMarks::give_back(LaneDesk& desk, LaneBatch batch) {
  MutexLock lock(mutex_);
  desk.returned.push_back(std::move(batch));
  note(desk);
}

// A lane may have sent, and given up, what its partition had forgotten already. Others are taken in
// its place when all lanes have heard.
void PartitionMarks::forget_late(LaneDesk& desk, Offset offset) {
  for (PendingRecord* pending : pending_) {
    if (pending->lane == &desk && pending->offset() >= offset) pending->is_superseded = true;
  }
  taken_away_.erase(taken_away_.lower_bound(offset), taken_away_.end());
}

void PartitionMarks::note(LaneDesk& desk) {
  if (!std::exchange(desk.is_noted, true)) noted_.push_back(&desk);
}

bool PartitionMarks::set_wake_at(LaneDesk& desk, Offset done, std::optional<Offset> wake_at) {
  MutexLock lock(mutex_);
  taken_away_.erase(taken_away_.begin(), taken_away_.lower_bound(done));
  desk.wake_at = wake_at.value_or(LaneDesk::kNoWake);
  return ledger_.committable() < desk.wake_at;
}

}  // namespace rookery
