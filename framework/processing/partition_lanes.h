// partition_lanes.h
//
// The lanes of a partition that has several: what was taken is gathered, dealt out, and given to
// them; lanes come to be when they first get something.
//
// Thread rules: only inside the partition's step, where no lock is held: adding asks the key
// function.
#pragma once

#include <rookery/lanes/lane_queue.h>
#include <rookery/processing/consumer.h>
#include <rookery/processing/lane_task.h>
#include <rookery/processing/lane_turns.h>
#include <rookery/routing/settings.h>
#include <rookery/runtime/time.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace rookery {

class Partition;

class PartitionLanes {
 public:
  // The partition and the settings outlive it.
  PartitionLanes(Partition& partition, ConsumerFactory factory, const TopicSettings& settings);
  ~PartitionLanes();

  // Deals with what lanes have left for their partition.
  void collect();
  // Keeps a batch until there are min_records, or max_wait is over.
  void gather(RecordBatch batch);
  bool has_a_batch() const;
  // When what was gathered is dealt out at the latest; kNever when nothing was.
  TimePoint due_at() const;
  // Deals out what was gathered.
  void deal();
  // Gives lanes what they can have.
  void give();
  // Tells each consumer that the partition's end was reached. False: there is something to run, a
  // step follows.
  bool tell_end();

  // The log has nothing at `offset` and above: nothing of that is run from now on. False: a lane
  // has not heard yet; a step follows when all have.
  bool forget_from(Offset offset);
  // A seek: nothing that waits here is run.
  void start_over();
  // The end: has every lane end, and when all have, gives back every batch.
  void schedule_all();
  void clear();

 private:
  LaneTask& lane(LaneIndex index);

  Partition& partition_;
  const ConsumerFactory factory_;
  const TopicSettings& settings_;
  std::unique_ptr<LaneQueue> queue_;
  const std::unique_ptr<LaneTurns> turns_;  // null: lanes take none
  std::vector<std::unique_ptr<LaneTask>> lanes_;
  std::vector<LaneShare> shares_;  // being given

  std::vector<RecordBatch> gathered_;
  std::size_t gathered_records_ = 0;
  std::size_t gathered_bytes_ = 0;
  TimePoint first_gathered_ = kNever;
  std::optional<Offset> forgotten_from_;  // until something of the log's next life is gathered
};

}  // namespace rookery
