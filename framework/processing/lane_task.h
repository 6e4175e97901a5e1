// lane_task.h
//
// A lane of a partition that has several: it runs on workers by itself, beside its neighbours.
//
// Made, and given work, in steps of its partition, of which it is a part: while a step of the lane
// is due, the pool keeps the partition.
#pragma once

#include <rookery/processing/lane.h>
#include <rookery/processing/lane_desk.h>
#include <rookery/processing/partition_marks.h>
#include <rookery/processing/worker_pool.h>

#include <cstddef>
#include <memory>

namespace rookery {

class LaneTask final : public Task {
 public:
  LaneTask(Partition& partition, std::size_t number, ConsumerFactory factory,
           const TopicSettings& settings);

  LaneDesk& desk() { return desk_; }

 private:
  void step() override;
  std::shared_ptr<Task> self() override;
  void advance();
  void forget_and_go_back(std::optional<Offset> forgotten_from, PartitionMarks::Report& report);
  void end();
  void conclude(PartitionMarks::Report report);

  Partition& partition_;
  LaneDesk desk_;
  Lane lane_;
  bool is_ended_ = false;
};

}  // namespace rookery
