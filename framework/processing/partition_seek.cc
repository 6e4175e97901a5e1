// partition_seek.cc
//
// A seek: the control thread moves the stream while nothing is taken from it, and lanes give up
// what they have at and above the target, and what they had not begun below it.
#include <rookery/processing/partition.h>

#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace rookery {

// ---- The gate

bool StepGate::enter() {
  int state = kFree;
  return state_.compare_exchange_strong(state, kInside);
}

bool StepGate::leave() { return state_.exchange(kFree) == kInsideAwaited; }

bool StepGate::close() {
  int state = kFree;
  if (state_.compare_exchange_strong(state, kClosed)) return true;
  state = kInside;
  if (state_.compare_exchange_strong(state, kInsideAwaited)) return false;
  if (state == kInsideAwaited) return false;
  return close();  // it has just left
}

void StepGate::open() { state_.store(kFree); }

// ---- What is known

// It may have gone back, or on.
std::vector<Task*> PartitionMarks::move_to(Offset target) {
  std::vector<Task*> tasks;
  MutexLock lock(mutex_);
  // Whether those before it are still known is chance.
  if (const auto beyond = own_metadata_.upper_bound(ledger_.committable());
      beyond != own_metadata_.begin() && std::prev(beyond)->first > target) {
    own_metadata_.clear();
  }
  // What earlier owners have done there is to be done again; beyond what was read it still holds.
  if (target <= ledger_.newest_taken() || target < ledger_.committable()) {
    forget_at(target);
  } else {
    own_metadata_.erase(own_metadata_.upper_bound(target), own_metadata_.end());
  }
  ledger_.move_to(target);
  skip_below_ = target;
  wanted_ = 0;
  for (LaneDesk* desk : desks_) {
    tasks.push_back(&desk->task);
    if (desk->is_ended) continue;
    if (!desk->forget_from) ++forgetting_;
    desk->forget_from = std::min(target, desk->forget_from.value_or(target));
    desk->is_moved.store(true, std::memory_order_relaxed);
    desk->is_interrupted.store(true);
  }
  skip_unbegun();
  notify_waiting();
  return tasks;
}

void PartitionMarks::heard(LaneDesk& desk, const Orders& orders, std::vector<Offset> begun) {
  MutexLock lock(mutex_);
  end_forgetting(desk, orders.forget_from, orders.is_moved, std::move(begun));
}

// True: it was the last lane. A lane that was asked once more meanwhile is not through.
bool PartitionMarks::end_forgetting(LaneDesk& desk, std::optional<Offset> from, bool is_moved,
                                    std::vector<Offset> begun) {
  begun_.insert(begun_.end(), begun.begin(), begun.end());
  if (!desk.forget_from || desk.forget_from != from ||
      desk.is_moved.load(std::memory_order_relaxed) != is_moved) {
    return false;
  }
  forget_late(desk, *from);
  desk.forget_from.reset();
  desk.is_moved.store(false, std::memory_order_relaxed);
  if (--forgetting_ > 0) return false;
  skip_unbegun();
  return true;
}

// Lanes have kept what they had begun, and nobody else will run the rest.
void PartitionMarks::skip_unbegun() {
  if (forgetting_ > 0 || is_closed_) return;
  const std::optional<Offset> below = std::exchange(skip_below_, std::nullopt);
  std::vector<Offset> begun = std::exchange(begun_, {});
  if (!below) return;
  std::sort(begun.begin(), begun.end());
  Offset from = 0;
  for (const Offset offset : begun) {
    if (offset >= *below) break;
    if (from < offset) ledger_.mark_range(from, offset - 1);
    from = offset + 1;
  }
  if (from < *below) ledger_.mark_range(from, *below - 1);
}

std::vector<Task*> PartitionMarks::interrupt_lanes() {
  std::vector<Task*> tasks;
  MutexLock lock(mutex_);
  for (LaneDesk* desk : desks_) {
    desk->is_interrupted.store(true);
    tasks.push_back(&desk->task);
  }
  return tasks;
}

// ---- The partition

Result<Offset> Partition::seek(const SeekTo& to, TimePoint deadline) {
  const auto no_longer = [this] { return fail(no_longer_ours("seek")); };
  if (is_ending()) return no_longer();
  const Result<Offset> target = environment_->seek_targets->find(topic_partition_, to, deadline);
  if (!target) return fail(target.error());
  if (is_ending()) return no_longer();
  const auto request = std::make_shared<ControlRequest>(assignment_, *target, deadline);
  if (!environment_->requests.post(request)) return no_longer();
  environment_->wake_control();
  if (Status moved = request->wait(); !moved) return fail(moved.error());
  environment_->events->publish(
      {.kind = EventKind::kPartitionSought,
       .origin = environment_->origin,
       .message = "to " + to.text() + ": goes on at " + std::to_string(*target),
       .partition = topic_partition_,
       .offset = *target,
       .group = environment_->group});
  return *target;
}

// With one lane who asks is inside the step, and takes nothing meanwhile.
bool Partition::hold_still() { return sole_ != nullptr || gate_.close(); }

void Partition::move_to(Offset target) {
  moved_to_.store(target);
  for (Task* task : marks_.move_to(target)) task->schedule();
}

void Partition::let_go() {
  if (!sole_) gate_.open();
  schedule();
}

// What was taken and waits is not run, but for what lanes have.
void Partition::start_over_if_moved() {
  if (moved_to_.load(std::memory_order_relaxed) < 0) return;
  taken_below_ = moved_to_.exchange(-1);
  held_.reset();
  is_at_end_ = false;
  if (filters_) filters_->start_over();
  if (lanes_) lanes_->start_over();
  if (sole_) sole_->first_waiting = kNever;
}

void Partition::hear_of_seek() {
  if (!sole_->desk.is_moved.load(std::memory_order_relaxed)) return;
  const PartitionMarks::Orders orders = marks_.collect_orders(sole_->desk);
  sole_->lane.leave(*orders.forget_from);
  marks_.heard(sole_->desk, orders, sole_->lane.begun());
}

}  // namespace rookery
