// partition_lanes.cc
//
// From batches to shares on desks, and back.
#include <rookery/processing/partition_lanes.h>

#include <rookery/instrumentation/error_class.h>
#include <rookery/processing/partition.h>
#include <rookery/recovery/trace_id.h>
#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <utility>

namespace rookery {

PartitionLanes::PartitionLanes(Partition& partition, ConsumerFactory factory,
                               const TopicSettings& settings)
    : partition_(partition),
      factory_(std::move(factory)),
      settings_(settings),
      queue_(make_lane_queue(settings.ordering, partition.environment().pool->threads(),
                             [&partition](const Record& record, const std::exception* exception) {
                               partition.publish_error(
                                   "key", exception ? class_name(*exception) : "unknown",
                                   exception ? exception->what()
                                             : "an exception that is no std::exception",
                                   record.offset(), trace_id_or_empty(record));
                             })),
      turns_(settings.ordering.collapses ? std::make_unique<LaneTurns>() : nullptr) {}

PartitionLanes::~PartitionLanes() = default;

void PartitionLanes::collect() {
  for (PartitionMarks::Note& note : partition_.marks().collect_notes()) {
    if (note.forgotten > 0) queue_->forgotten(note.lane, note.forgotten);
    if (note.completed > 0) queue_->completed(note.lane, note.completed);
    if (mutant("lanes.given_back_is_lost")) continue;
    for (LaneBatch& batch : note.returned) {
      if (!forgotten_from_ || batch.keep_below(*forgotten_from_)) {
        queue_->give_back(std::move(batch));
      }
    }
  }
}

void PartitionLanes::gather(RecordBatch batch) {
  forgotten_from_.reset();
  if (gathered_.empty()) first_gathered_ = settings_.min_records > 1 ? now() : kNever;
  gathered_records_ += batch.size();
  if (settings_.min_records > 1) {
    for (const Record& record : batch) gathered_bytes_ += record.size();
  }
  gathered_.push_back(std::move(batch));
}

bool PartitionLanes::has_a_batch() const {
  return gathered_records_ >= settings_.min_records || gathered_bytes_ >= settings_.max_bytes;
}

TimePoint PartitionLanes::due_at() const {
  return gathered_.empty() ? kNever : saturating_add(first_gathered_, settings_.max_wait);
}

void PartitionLanes::deal() {
  for (RecordBatch& batch : gathered_) queue_->add(std::move(batch));
  gathered_.clear();
  gathered_records_ = gathered_bytes_ = 0;
}

void PartitionLanes::give() {
  shares_.clear();
  queue_->give(shares_);
  PartitionMarks& marks = partition_.marks();
  for (LaneShare& share : shares_) {
    LaneTask& task = lane(share.lane);
    if (turns_) turns_->given(share.lane, task, share.batch.first_offset());
    marks.give(task.desk(), std::move(share.batch));
    task.schedule();
  }
  if (marks.set_lanes_wanted(queue_->waiting() > 0)) partition_.schedule();
}

LaneTask& PartitionLanes::lane(LaneIndex index) {
  if (lanes_.size() <= index) lanes_.resize(index + 1);
  std::unique_ptr<LaneTask>& task = lanes_[index];
  if (!task) {
    task = std::make_unique<LaneTask>(partition_, index, factory_, settings_, turns_.get());
    partition_.marks().add_lane(task->desk());
  }
  return *task;
}

bool PartitionLanes::forget_from(Offset offset) {
  forgotten_from_ = offset;
  queue_->forget_from(offset);
  std::erase_if(gathered_, [&](RecordBatch& batch) {
    const std::span<const Record> records = batch.records();
    const auto kept =
        std::partition_point(records.begin(), records.end(),
                             [offset](const Record& record) { return record.offset() < offset; });
    gathered_records_ -= static_cast<std::size_t>(records.end() - kept);
    if (settings_.min_records > 1) {
      for (const Record& record : std::span(kept, records.end())) gathered_bytes_ -= record.size();
    }
    batch.keep_first(static_cast<std::size_t>(kept - records.begin()));
    return batch.empty();
  });
  const std::vector<Task*> asked = partition_.marks().ask_to_forget(offset);
  for (Task* task : asked) task->schedule();
  return asked.empty() || mutant("lanes.forget_without_waiting");
}

void PartitionLanes::start_over() {
  forgotten_from_ = 0;
  queue_->forget_from(0);
  gathered_.clear();
  gathered_records_ = gathered_bytes_ = 0;
}

void PartitionLanes::clear() {
  queue_.reset();
  shares_.clear();  // left where memory ran out
  gathered_.clear();
  for (const auto& task : lanes_) {
    if (task) partition_.marks().collect_orders(task->desk());
  }
  partition_.marks().collect_notes();
}

void PartitionLanes::schedule_all() {
  for (const auto& task : lanes_) {
    if (task) task->schedule();
  }
}

}  // namespace rookery
