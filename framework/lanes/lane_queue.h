// lane_queue.h
//
// Which lane gets which records of a partition. Data alone: it is told what was taken and which
// shares are done, and answers what each lane is given.
//
// Not thread-safe; add() runs the key function. Lanes are numbered from 0, and come to be when they
// are first given something. What a lane was given it ends in that order.
#pragma once

#include <rookery/lanes/lane_batch.h>
#include <rookery/lanes/lane_key.h>
#include <rookery/routing/ordering.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace rookery {

using LaneIndex = std::size_t;

struct LaneShare {
  LaneIndex lane = 0;
  LaneBatch batch;
};

class LaneQueue {
 public:
  virtual ~LaneQueue() = default;

  // One dispatch, of records above all before, not empty.
  virtual void add(RecordBatch batch) = 0;
  // What lanes get now, in order for each lane; appended.
  virtual void give(std::vector<LaneShare>& shares) = 0;
  // The oldest `shares` of what a lane was given are done, and cannot come back.
  virtual void completed(LaneIndex lane, std::size_t shares) = 0;
  // The newest `shares` of what a lane was given are gone: their log has lost them.
  virtual void forgotten(LaneIndex lane, std::size_t shares) = 0;
  // Loose records that a lane was given and has not begun: for another one.
  virtual void give_back(LaneBatch batch) = 0;
  // Records that were added and not yet given to a lane.
  virtual std::size_t waiting() const = 0;
  // Records at and above `offset` that wait are gone.
  virtual void forget_from(Offset offset) = 0;
};

// width: how many lanes can run at the same time (>= 1): loose records are dealt by it.
// ordering: any but in_partition(), whose one lane needs no queue.
std::unique_ptr<LaneQueue> make_lane_queue(const Ordering& ordering, std::size_t width,
                                           KeyErrorHandler on_key_error);

}  // namespace rookery
