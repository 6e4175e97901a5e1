// control_requests.cc
//
// Each request is its own meeting place; the list is what the control thread has not seen yet.
#include <rookery/processing/control_requests.h>

#include <utility>

namespace rookery {

Status ControlRequest::wait() {
  MutexLock lock(mutex_);
  const auto is_answered = [this] { return answer_.has_value(); };
  if (!answered_.wait_until(lock, deadline_, is_answered)) {
    if (target_ && is_begun_) {
      answered_.wait_until(lock, kNever, is_answered);  // it keeps a deadline of its own
    } else {
      is_withdrawn_ = true;
      return fail(ErrorCode::kTimedOut, target_ ? "the seek was not carried out in time"
                                                : "the commit was not answered in time");
    }
  }
  return *answer_;
}

bool ControlRequest::begin() {
  MutexLock lock(mutex_);
  if (is_withdrawn_) return false;
  is_begun_ = true;
  return true;
}

void ControlRequest::answer(Status status) {
  MutexLock lock(mutex_);
  if (answer_) return;
  answer_ = std::move(status);
  answered_.notify_all();
}

bool ControlRequests::post(std::shared_ptr<ControlRequest> request) {
  has_any_.store(true);
  MutexLock lock(mutex_);
  if (is_closed_.load()) return false;
  waiting_.push_back(std::move(request));
  has_any_.store(true);  // a take may have come in between
  return true;
}

std::vector<std::shared_ptr<ControlRequest>> ControlRequests::take() {
  MutexLock lock(mutex_);
  has_any_.store(false);
  return std::exchange(waiting_, {});
}

void ControlRequests::close() {
  is_closed_.store(true);
  if (!has_any_.load()) return;
  std::vector<std::shared_ptr<ControlRequest>> rest;
  {
    MutexLock lock(mutex_);
    rest = std::exchange(waiting_, {});
  }
  for (const auto& request : rest) {
    request->answer(
        fail(ErrorCode::kRevoked, "the partition is no longer ours: the member leaves"));
  }
}

}  // namespace rookery
