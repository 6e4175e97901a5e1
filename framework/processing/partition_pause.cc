// partition_pause.cc
//
// A user's pause: nothing more is begun, whatever waits. What is under way goes on.
#include <rookery/processing/partition.h>

#include <rookery/base/duration.h>

#include <chrono>

namespace rookery {

void Partition::pause(Duration time) {
  if (is_ending()) return;
  paused_until_.store(deadline_in(time).time_since_epoch().count(), std::memory_order_release);
  for (Task* task : marks_.interrupt_lanes()) task->schedule();
  const auto shown = std::chrono::ceil<std::chrono::milliseconds>(time);
  tell_of_pause(EventKind::kPartitionPaused,
                time == Duration::max() ? "until it is resumed" : "for " + format_duration(shown));
}

void Partition::resume() {
  if (paused_until_.exchange(kNotPaused) == kNotPaused) return;
  for (Task* task : marks_.interrupt_lanes()) task->schedule();
  schedule();
  tell_of_pause(EventKind::kPartitionResumed, "by its consumer");
}

bool Partition::is_paused() const {
  const Duration::rep until = paused_until_.load(std::memory_order_acquire);
  return until != kNotPaused && now().time_since_epoch().count() < until;
}

TimePoint Partition::paused_until() const {
  return TimePoint(Duration(paused_until_.load(std::memory_order_acquire)));
}

// The partition's step; one follows when the pause is over.
bool Partition::waits_for_resume() {
  Duration::rep until = paused_until_.load(std::memory_order_acquire);
  if (until == kNotPaused) return false;
  if (now().time_since_epoch().count() < until) {
    if (TimePoint(Duration(until)) != kNever) schedule_at(TimePoint(Duration(until)));
    return true;
  }
  if (paused_until_.compare_exchange_strong(until, kNotPaused)) {
    tell_of_pause(EventKind::kPartitionResumed, "the time is over");
  }
  return false;
}

void Partition::tell_of_pause(EventKind kind, const std::string& message) {
  environment_->events->publish({.kind = kind,
                                 .origin = environment_->origin,
                                 .message = message,
                                 .partition = topic_partition_,
                                 .group = environment_->group});
}

}  // namespace rookery
