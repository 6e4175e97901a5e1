// starter.h
//
// Starts streams: fetches the committed offsets of what was assigned, announces it, and finds a
// position by auto.offset.reset where there is none (or where it proved out of range).
//
// Thread rules: drive() by M; the rest from any thread, CO not held unless the name ends in
// _locked.
#pragma once

#include <rookery/runtime/time.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mockbroker/client/coordinator.h"
#include "mockbroker/client/group_state.h"
#include "mockbroker/client/metadata.h"
#include "mockbroker/client/network_client.h"
#include "mockbroker/client/offset_lookups.h"
#include "mockbroker/client/owned_partitions.h"

namespace rookery::mock {

class Starter {
 public:
  Starter(const GroupSettings& settings, NetworkClient& client, GroupLock& group,
          Coordinator& coordinator, OwnedPartitions& owned, OffsetLookups& lookups,
          EventQueue& events, Metadata& metadata);

  // Sends an OffsetFetch when partitions wait for it. Answers when it wants to be called again.
  TimePoint drive();

  // The stream has no position, or none that exists: auto.offset.reset decides.
  void reset(const std::shared_ptr<RecordStream>& stream, std::uint64_t version,
             const Error& because);
  // From an offset that may be special.
  void start_at(const std::shared_ptr<RecordStream>& stream, Offset offset);

 private:
  void look_up(const std::shared_ptr<RecordStream>& stream, std::uint64_t version,
               std::int64_t timestamp);
  void handle(NodeId node, std::vector<OwnedPartitions::Resolved> asked, Result<Response> response);
  void tell_locked(const Error& error, std::optional<TopicPartition> partition);

  const GroupSettings& settings_;
  NetworkClient& client_;
  GroupLock& group_;
  Coordinator& coordinator_;
  OwnedPartitions& owned_;
  OffsetLookups& lookups_;
  EventQueue& events_;
  Metadata& metadata_;
  // Guarded by CO.
  bool is_under_way_ = false;
  TimePoint retry_at_{};
  std::optional<ErrorCode> told_;
};

}  // namespace rookery::mock
