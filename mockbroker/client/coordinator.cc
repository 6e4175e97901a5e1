// coordinator.cc
//
// One lookup at a time, to any node.
#include "mockbroker/client/coordinator.h"

#include <utility>

namespace rookery::mock {

bool is_coordinator_lost(ErrorCode code) {
  return code == ErrorCode::kNotCoordinator || code == ErrorCode::kCoordinatorNotAvailable ||
         code == ErrorCode::kTransport || code == ErrorCode::kTimedOut;
}

Coordinator::Coordinator(NetworkClient& client, GroupLock& group, EventQueue& events,
                         std::string group_id, Duration retry_backoff)
    : client_(client),
      group_(group),
      events_(events),
      group_id_(std::move(group_id)),
      retry_backoff_(retry_backoff) {}

void Coordinator::lost_locked(NodeId node) {
  if (node_ == node) node_.reset();
}

TimePoint Coordinator::drive() {
  const TimePoint at = now();
  {
    MutexLock lock(group_.mutex);
    if (node_ || is_under_way_) return kNever;
    if (retry_at_ > at) return retry_at_;
  }
  const NetworkClient::Pick pick = client_.pick_node();
  if (!pick.node) return pick.next_ready;
  {
    MutexLock lock(group_.mutex);
    if (node_ || is_under_way_) return kNever;
    is_under_way_ = true;
  }
  client_.send({*pick.node, kControlChannel}, FindCoordinatorRequest{.group = group_id_},
               std::chrono::seconds(5),
               [this](Result<Response> response) { handle(std::move(response)); });
  return kNever;
}

void Coordinator::handle(Result<Response> response) {
  const TimePoint at = now();
  MutexLock lock(group_.mutex);
  is_under_way_ = false;
  group_.changed.notify_all();
  const auto* answer = response ? std::get_if<FindCoordinatorResponse>(&*response) : nullptr;
  if (!answer) return;  // the connection has its backoff; another node is asked at once
  if (!answer->error && answer->node >= 0) {
    node_ = answer->node;
    told_.reset();
    return;
  }
  retry_at_ = saturating_add(at, retry_backoff_);
  const ErrorCode code = answer->error.value_or(ErrorCode::kCoordinatorNotAvailable);
  if (is_retriable(code) || told_ == code) return;
  told_ = code;
  events_.emplace_back(ConsumerError{
      Error{.code = code,
            .message = "group '" + group_id_ + "': coordinator lookup: " + std::string(name(code))},
      std::nullopt});
}

}  // namespace rookery::mock
