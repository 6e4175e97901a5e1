// lane_task.h
//
// A lane of a partition that has several: it runs on workers by itself, beside its neighbours.
//
// Made, and given work, in steps of its partition, of which it is a part: while a step of the lane
// is due, the pool keeps the partition.
#pragma once

#include <rookery/processing/lane.h>
#include <rookery/processing/lane_desk.h>
#include <rookery/processing/lane_turns.h>
#include <rookery/processing/partition_marks.h>
#include <rookery/processing/worker_pool.h>

#include <cstddef>
#include <memory>

namespace rookery {

class LaneTask final : public Task {
 public:
  // turns: null: all lanes run as they can; it outlives them.
  LaneTask(Partition& partition, std::size_t number, ConsumerFactory factory,
           const TopicSettings& settings, LaneTurns* turns);

  LaneDesk& desk() { return desk_; }

 private:
  void step() override;
  std::shared_ptr<Task> self() override;
  void advance();
  void forget(const PartitionMarks::Orders& orders, PartitionMarks::Report& report);
  void go_back_if_needed();
  void rest();
  void end();
  // False: it is another lane's turn.
  bool run();
  void end_turn(bool is_waiting);
  void conclude(PartitionMarks::Report report);

  Partition& partition_;
  LaneDesk desk_;
  Lane lane_;
  LaneTurns* const turns_;
  const std::size_t kin_;
  std::size_t collected_ = 0;  // batches, not yet told to turns_
  bool is_end_due_ = false;    // of the partition: to be told
  bool is_ended_ = false;
};

}  // namespace rookery
