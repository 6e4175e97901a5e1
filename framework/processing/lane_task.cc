// lane_task.cc
//
// The step of a lane: end, forget, go back, run one dispatch, and tell the partition what is done.
#include <rookery/processing/lane_task.h>

#include <rookery/processing/partition.h>

#include <new>
#include <utility>

namespace rookery {

LaneTask::LaneTask(Partition& partition, std::size_t number, ConsumerFactory factory,
                   const TopicSettings& settings)
    : partition_(partition),
      desk_(*this, number),
      lane_(partition, desk_, std::move(factory), settings) {
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
  for (LaneBatch& batch : orders.given) lane_.push(std::move(batch));
  PartitionMarks::Report report;
  if (!is_settled) {
    report.completed = lane_.drop_done();
    return conclude(report);
  }
  forget_and_go_back(orders.forget_from, report);
  report.completed += lane_.drop_done();
  if (lane_.retry_at() != kNever && now() < lane_.retry_at()) return conclude(report);
  if (lane_.waiting() > 0) {
    lane_.run();
    if (partition_.is_ending()) return lane_.is_under_way() ? void() : end();
    report.completed += lane_.drop_done();
  }
  conclude(report);
}

void LaneTask::forget_and_go_back(std::optional<Offset> forgotten_from,
                                  PartitionMarks::Report& report) {
  if (forgotten_from) report.forgotten = lane_.forget_from(*forgotten_from);
  if (!desk_.is_interrupted.load()) return;
  const std::optional<OutputFailure> failed = partition_.marks().take_failure(desk_);
  if (!failed) return;
  lane_.unmark_from(failed->offset);
  lane_.rewind(*failed);
}

void LaneTask::conclude(PartitionMarks::Report report) {
  // A backoff behind the lane's last record is waited for when there is another one.
  const bool is_waiting = lane_.waiting() > 0 && lane_.retry_at() != kNever;
  if (is_waiting || lane_.is_blocked()) lane_.give_back_loose();
  report.is_busy = lane_.waiting() > 0 && !is_waiting && !lane_.is_blocked();
  report.undone = lane_.undone();
  const PartitionMarks::Due due = partition_.marks().report(desk_, report);
  if (due.partition) partition_.schedule();
  if (is_waiting) schedule_at(lane_.retry_at());
  if (report.is_busy || due.lane) schedule();
}

void LaneTask::end() {
  is_ended_ = true;
  try {
    partition_.end_lane(lane_, desk_);
  } catch (const std::bad_alloc&) {
    partition_.break_down();
    lane_.clear();
  }
  if (partition_.marks().report(desk_, {.is_ended = true}).partition) partition_.schedule();
}

}  // namespace rookery
