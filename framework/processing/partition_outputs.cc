// partition_outputs.cc
//
// What becomes of outputs, and who has to do something about it.
#include <rookery/processing/partition.h>

#include <utility>

namespace rookery {

std::optional<Result<std::int32_t>> Partition::partition_count(const std::string& topic,
                                                               Task& asking) {
  if (environment_->partition_counts == nullptr) {
    return Result<std::int32_t>(fail(ErrorCode::kState, topic + ": the route names no such topic"));
  }
  return environment_->partition_counts->find(topic, [weak = weak_from_this(), &asking] {
    if (const auto partition = weak.lock()) asking.schedule();
  });
}

PendingRecord* Partition::make_pending(LaneDesk& desk, Offset offset, bool is_dead_letter,
                                       std::string trace_id,
                                       std::shared_ptr<const OutputOrigin> origin) {
  auto* pending = new PendingRecord(std::static_pointer_cast<Partition>(shared_from_this()), offset,
                                    is_dead_letter, std::move(trace_id), std::move(origin));
  marks_.add_pending(desk, *pending);
  return pending;
}

void Partition::on_outputs_acknowledged(PendingRecord& pending) {
  const bool is_awaited =
      settings_.dead_letter_queue && settings_.dead_letter_queue->dispatch == Dispatch::kSync;
  const PartitionMarks::Due due = marks_.acknowledged(pending, is_awaited);
  if (due.lane) pending.lane->task.schedule();
  if (due.partition) schedule();
}

void Partition::on_output_failed(PendingRecord& pending, const Error& error, bool is_still_wanted) {
  if (error.fatal) environment_->on_fatal(error);
  const PartitionMarks::Failed failed = marks_.failed(pending,
                                                      {.offset = pending.offset(),
                                                       .suspects_end = pending.suspects_end(),
                                                       .is_dead_letter = pending.is_dead_letter(),
                                                       .error = error,
                                                       .trace_id = pending.trace_id(),
                                                       .origin = pending.origin()},
                                                      is_still_wanted);
  if (failed.will_run_again) pending.lane->task.schedule();  // tells what the lane goes back for
  if (failed.told_here) publish_output_failure(*failed.told_here);
}

void Partition::on_pending_gone(PendingRecord& pending) {
  Task& task = pending.lane->task;
  const PartitionMarks::Gone gone = marks_.gone(pending);
  if (gone.is_lane_due) task.schedule();
  if (gone.is_last && is_ending()) schedule();
}

}  // namespace rookery
