// control_requests.h
//
// What consumers ask of their connection's control thread and wait for: a commit, a seek.
//
// A question is asked on a worker, inside user code, and answered by the control thread, which
// waits for nobody. Thread rules: A: who asks; C: the control thread; any: any thread.
#pragma once

#include <rookery/base/result.h>
#include <rookery/base/topic_partition.h>
#include <rookery/runtime/condition_variable.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/time_types.h>
#include <rookery/transport/record_batch.h>

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

namespace rookery {

class ControlRequest {
 public:
  // target: of a seek; none: it is a commit.
  ControlRequest(AssignmentId assignment, std::optional<Offset> target, TimePoint deadline)
      : assignment_(assignment), target_(target), deadline_(deadline) {}

  AssignmentId assignment() const { return assignment_; }
  const std::optional<Offset>& target() const { return target_; }
  TimePoint deadline() const { return deadline_; }

  // A: the answer; kTimedOut at the deadline. A seek has not happened then, and will not: one that
  // has begun is waited for.
  Status wait();
  // C: false: nobody waits any more, and it is not to be done.
  bool begin();
  void answer(Status status);

 private:
  const AssignmentId assignment_;
  const std::optional<Offset> target_;
  const TimePoint deadline_;

  Mutex mutex_{"control_request", ranks::kLeaf};  // guards what follows
  ConditionVariable answered_{"control_request.answered"};
  std::optional<Status> answer_;
  bool is_begun_ = false;
  bool is_withdrawn_ = false;
};

class ControlRequests {
 public:
  // any: false: the control thread has ended.
  bool post(std::shared_ptr<ControlRequest> request);
  // C
  bool empty() const { return !has_any_.load(); }
  std::vector<std::shared_ptr<ControlRequest>> take();
  // C, at its end: what waits, and what comes later, is not answered by anybody else.
  void close();

 private:
  std::atomic<bool> has_any_{
      false};  // set before the list is touched: who finds none need not look
  std::atomic<bool> is_closed_{false};
  Mutex mutex_{"control_requests", ranks::kLeaf};  // guards what follows
  std::vector<std::shared_ptr<ControlRequest>> waiting_;
};

}  // namespace rookery
