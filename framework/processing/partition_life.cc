// partition_life.cc
//
// What consumers are told when nothing is left to run: the partition's end, and ticks.
#include <rookery/processing/partition.h>

#include <vector>

namespace rookery {

// What was taken behind an end makes it none: the next one will be told.
void Partition::note_end(const Taken& taken) {
  if (!taken.batch.empty()) is_at_end_ = false;
  if (taken.end_of_partition) is_at_end_ = true;
}

bool Partition::is_end_due() const {
  return is_at_end_ && !held_ && (!filters_ || filters_->empty());
}

// False: the consumer could not be made, and its backoff is to be waited for.
bool Partition::tell_end_if_due() {
  Lane& lane = sole_->lane;
  if (!is_end_due() || !lane.is_idle()) return true;
  is_at_end_ = !lane.tell_end();
  if (lane.retry_at() != kNever) schedule_at(lane.retry_at());
  return !is_at_end_;
}

// Nothing was there to be run.
void Partition::rest() {
  if (!tell_end_if_due() || !sole_->lane.is_idle()) return;
  if (const TimePoint next = sole_->lane.tick_if_due(); next != kNever) schedule_at(next);
}

bool PartitionLanes::tell_end() {
  if (queue_->waiting() > 0 || !gathered_.empty()) return false;
  if (lanes_.empty()) lane(0);  // of an empty partition
  const std::optional<std::vector<Task*>> told = partition_.marks().tell_end();
  if (!told) return false;
  for (Task* task : *told) task->schedule();
  return true;
}

}  // namespace rookery
