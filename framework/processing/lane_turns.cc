// lane_turns.cc
//
// Whose turn it is: his who has the lowest offset, and nobody else runs.
#include <rookery/processing/lane_turns.h>

#include <rookery/runtime/mutant.h>

#include <algorithm>
#include <utility>

namespace rookery {

void LaneTurns::given(LaneIndex index, Task& task, Offset first) {
  MutexLock lock(mutex_);
  if (lanes_.size() <= index) lanes_.resize(index + 1);
  lanes_[index].task = &task;
  lanes_[index].given.push_back(first);
}

Offset LaneTurns::begin(LaneIndex index, Offset next) {
  MutexLock lock(mutex_);
  Lane& lane = lanes_[index];
  lane.next = next;
  if (!through_ || mutant("lanes.take_no_turns")) {
    lane.is_running = true;
    return kNone;
  }
  const bool is_any_running =
      std::any_of(lanes_.begin(), lanes_.end(), [](const Lane& other) { return other.is_running; });
  const Offset others = next_of(first_but(index));
  if (is_any_running || others < lane.next) {
    lane.is_waiting = true;
    return 0;
  }
  lane.is_running = true;
  return std::min(others, *through_ + 1);
}

LaneTurns::Due LaneTurns::end(LaneIndex index, const End& end) {
  MutexLock lock(mutex_);
  if (lanes_.size() <= index) lanes_.resize(index + 1);
  Lane& lane = lanes_[index];
  lane.given.erase(lane.given.begin(),
                   lane.given.begin() + static_cast<std::ptrdiff_t>(end.collected));
  lane.next = end.next;
  lane.is_running = end.is_under_way;
  Due due;
  if (end.failed && (!through_ || *through_ < *end.failed)) {
    due.has_begun = true;
    through_ = end.failed;
  }
  due.tasks = let_go();
  return due;
}

Offset LaneTurns::next_of(LaneIndex index) const {
  if (index >= lanes_.size()) return kNone;
  const Lane& lane = lanes_[index];
  return lane.given.empty() ? lane.next : std::min(lane.next, lane.given.front());
}

LaneIndex LaneTurns::first_but(LaneIndex left_out) const {
  LaneIndex first = lanes_.size();
  for (LaneIndex lane = 0; lane < lanes_.size(); ++lane) {
    if (lane != left_out && next_of(lane) < next_of(first)) first = lane;
  }
  return first;
}

std::vector<Task*> LaneTurns::let_go() {
  if (!through_) return {};
  const LaneIndex first = first_but(lanes_.size());
  const bool is_past = next_of(first) > *through_;
  if (is_past) through_.reset();
  std::vector<Task*> tasks;
  for (LaneIndex lane = 0; lane < lanes_.size(); ++lane) {
    if ((is_past || lane == first) && std::exchange(lanes_[lane].is_waiting, false)) {
      tasks.push_back(lanes_[lane].task);
    }
  }
  return tasks;
}

}  // namespace rookery
