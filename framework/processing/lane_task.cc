// lane_task.cc
//
// The step of a lane: end, forget, go back, run one dispatch, and tell the partition what is done.
#include <rookery/processing/lane_task.h>

#include <rookery/processing/partition.h>
#include <rookery/runtime/mutant.h>

#include <functional>
#include <new>
#include <string>
#include <utility>

namespace rookery {
namespace {

// Of all lanes of a topic in a group.
std::size_t kin_of(Partition& partition) {
  const std::hash<std::string> hash;
  return 1 | (hash(partition.environment().group) * 31 + hash(partition.topic_partition().topic));
}

}  // namespace

LaneTask::LaneTask(Partition& partition, std::size_t number, ConsumerFactory factory,
                   const TopicSettings& settings, LaneTurns* turns)
    : partition_(partition),
      desk_(*this, number),
      lane_(partition, desk_, std::move(factory), settings),
      turns_(turns),
      kin_(kin_of(partition)) {
  attach_to(*partition.environment().pool);
}

std::shared_ptr<Task> LaneTask::self() {
  return std::shared_ptr<Task>(partition_.shared_from_this(), this);
}

void LaneTask::step() {
  try {
    advance();
  } catch (const std::bad_alloc&) {
    partition_.break_down();
  }
}

void LaneTask::advance() {
  if (is_ended_) return;
  const bool is_settled = lane_.settle();  // if not, a step follows when its record is finished
  if (partition_.is_ending()) return is_settled ? end() : void();
  if (partition_.is_broken()) return;
  PartitionMarks::Orders orders = partition_.marks().collect_orders(desk_);
  is_end_due_ = orders.is_end || (is_end_due_ && orders.given.empty());
  collected_ += orders.given.size();
  for (LaneBatch& batch : orders.given) lane_.push(std::move(batch));
  PartitionMarks::Report report;
  if (!is_settled) {
    report.completed = lane_.drop_done();
    return conclude(std::move(report));
  }
  forget(orders, report);
  go_back_if_needed();
  report.completed += lane_.drop_done();
  if (lane_.retry_at() != kNever && now() < lane_.retry_at()) {
    return conclude(std::move(report));
  }
  if (lane_.waiting() > 0 && !partition_.is_paused()) {
    report.is_in_turn = run();
    if (partition_.is_ending()) return lane_.is_under_way() ? void() : end();
    report.completed += lane_.drop_done();
  }
  if (lane_.is_idle()) rest();
  conclude(std::move(report));
}

void LaneTask::rest() {
  if (is_end_due_) {
    is_end_due_ = !lane_.tell_end();
    if (lane_.retry_at() != kNever) schedule_at(lane_.retry_at());
  }
  if (const TimePoint next = lane_.tick_if_due(); next != kNever) schedule_at(next);
}

void LaneTask::forget(const PartitionMarks::Orders& orders, PartitionMarks::Report& report) {
  if (!orders.forget_from) return;
  report.forgotten_from = orders.forget_from;
  report.is_moved = orders.is_moved;
  report.forgotten =
      orders.is_moved ? lane_.leave(*orders.forget_from) : lane_.forget_from(*orders.forget_from);
  if (orders.is_moved) report.begun = lane_.begun();
}

void LaneTask::go_back_if_needed() {
  if (!desk_.is_interrupted.load()) return;
  const std::optional<OutputFailure> failed = partition_.marks().take_failure(desk_);
  if (!failed) return;
  lane_.unmark_from(failed->offset);
  lane_.rewind(*failed);
}

bool LaneTask::run() {
  const Offset below = turns_ ? turns_->begin(desk_.lane, lane_.next_offset()) : LaneTurns::kNone;
  if (below > 0) lane_.run(below);
  return below > 0;
}

void LaneTask::end_turn(bool is_waiting) {
  LaneTurns::End end{.collected = std::exchange(collected_, 0),
                     .is_under_way = lane_.is_under_way()};
  if (lane_.waiting() > 0) end.next = lane_.next_offset();
  if (is_waiting) end.failed = lane_.last_failed();
  const LaneTurns::Due due = turns_->end(desk_.lane, end);
  if (due.has_begun) {
    for (Task* task : partition_.marks().interrupt_lanes()) task->schedule();
  }
  for (Task* task : due.tasks) task->schedule();
}

void LaneTask::conclude(PartitionMarks::Report report) {
  // A backoff behind the lane's last record is waited for when there is another one.
  const bool is_waiting = lane_.waiting() > 0 && lane_.retry_at() != kNever;
  const bool is_paused = lane_.waiting() > 0 && partition_.is_paused();
  if (is_waiting || lane_.is_blocked()) lane_.give_back_loose();
  report.is_busy =
      lane_.waiting() > 0 && !is_waiting && !is_paused && !lane_.is_blocked() && report.is_in_turn;
  report.is_idle = lane_.is_idle();
  report.undone = lane_.undone();
  const bool is_busy = report.is_busy;
  set_backlog(kin_, lane_.waiting());
  // Who has no turn is told of it.
  const bool waits_for_time = is_waiting && (report.is_in_turn || mutant("lanes.spin_out_of_turn"));
  const PartitionMarks::Due due = partition_.marks().report(desk_, std::move(report));
  if (due.partition) partition_.schedule();
  if (turns_) end_turn(is_waiting);
  if (waits_for_time) schedule_at(lane_.retry_at());
  if (is_paused && partition_.paused_until() != kNever) schedule_at(partition_.paused_until());
  if (is_busy || due.lane) schedule();
}

void LaneTask::end() {
  is_ended_ = true;
  PartitionMarks::Report report{.is_ended = true};
  try {
    if (desk_.is_moved.load(std::memory_order_relaxed)) {
      forget(partition_.marks().collect_orders(desk_), report);
    }
    partition_.end_lane(lane_, desk_);
  } catch (const std::bad_alloc&) {
    partition_.break_down();
    lane_.clear();
  }
  if (partition_.marks().report(desk_, std::move(report)).partition) partition_.schedule();
}

}  // namespace rookery
