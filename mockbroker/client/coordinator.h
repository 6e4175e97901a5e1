// coordinator.h
//
// Finds the group's coordinator, and finds it again when it moved.
//
// Thread rules: any thread. Names that end in _locked want CO held.
#pragma once

#include <rookery/runtime/time.h>

#include <functional>
#include <optional>
#include <string>

#include "mockbroker/client/group_state.h"
#include "mockbroker/client/network_client.h"

namespace rookery::mock {

class Coordinator {
 public:
  Coordinator(NetworkClient& client, GroupLock& group, EventQueue& events, std::string group_id,
              Duration retry_backoff);

  std::optional<NodeId> node_locked() const { return node_; }
  // `node` proved not to be it: the next drive looks it up. Ignored when it is another by now.
  void lost_locked(NodeId node);

  // Looks it up when it is unknown. Answers when it wants to be called again.
  TimePoint drive();

 private:
  void handle(Result<Response> response);

  NetworkClient& client_;
  GroupLock& group_;
  EventQueue& events_;
  const std::string group_id_;
  const Duration retry_backoff_;
  std::optional<NodeId> node_;
  bool is_under_way_ = false;
  TimePoint retry_at_{};
  std::optional<ErrorCode> told_;  // the last error that became an event
};

// Whether the error says that the group's coordinator is elsewhere, or cannot be reached there.
bool is_coordinator_lost(ErrorCode code);

}  // namespace rookery::mock
