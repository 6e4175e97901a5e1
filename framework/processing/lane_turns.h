// lane_turns.h
//
// Lanes that fail together: from a failure on, the lanes of a partition take turns, as if they were
// one, in the order of offsets, until they are past the record that failed (virtual partitions with
// collapse).
//
// A lane asks before it runs, and tells what it has left. What runs when one fails ends its record
// (or batch) first.
//
// Thread rules: any thread; a lane is asked and told in its own steps, or, before it ever had one,
// in its partition's.
#pragma once

#include <rookery/lanes/lane_queue.h>
#include <rookery/processing/worker_pool.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>

#include <cstddef>
#include <deque>
#include <limits>
#include <optional>
#include <vector>

namespace rookery {

class LaneTurns {
 public:
  static constexpr Offset kNone = std::numeric_limits<Offset>::max();

  // A lane got something, the first of which lies at `first`.
  void given(LaneIndex lane, Task& task, Offset first);

  // It would run what begins at `next`. Answers below which offset it may; 0: not now, and it is
  // among those that a later end() answers.
  Offset begin(LaneIndex lane, Offset next);

  struct End {
    std::size_t collected = 0;          // of what it was given, since it last told
    Offset next = kNone;                // what it has to run next, of what it has collected
    bool is_under_way = false;          // that record runs on, and is finished later
    std::optional<Offset> failed = {};  // that record, too, waits to be run again
  };
  struct Due {
    bool has_begun = false;         // taking turns: whoever runs stops behind its record
    std::vector<Task*> tasks = {};  // to be scheduled
  };
  Due end(LaneIndex lane, const End& end);

 private:
  struct Lane {
    Task* task = nullptr;  // null: it was never given anything
    Offset next = kNone;
    std::deque<Offset> given;  // not yet collected
    bool is_running = false;
    bool is_waiting = false;
  };

  LaneIndex first_but(LaneIndex left_out) const;  // by `next`; lanes_.size(): there is no other
  Offset next_of(LaneIndex lane) const;
  std::vector<Task*> let_go();

  Mutex mutex_{"lane_turns", ranks::kLeaf};  // guards what follows
  std::vector<Lane> lanes_;
  std::optional<Offset> through_;  // turns are taken until all are past it
};

}  // namespace rookery
