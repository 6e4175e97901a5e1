// rejoin.h
//
// How a member gets into its group's next generation, step by step: give back what must be given
// back, JoinGroup, assign (the leader), SyncGroup. At most one Join or Sync is under way.
//
// Thread rules: drive() by M only; answers come on any thread, and count only for the attempt and
// phase they were asked in. Names that end in _locked want CO held.
#pragma once

#include <rookery/runtime/time.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mockbroker/client/assignors.h"
#include "mockbroker/client/backoff.h"
#include "mockbroker/client/coordinator.h"
#include "mockbroker/client/group_state.h"
#include "mockbroker/client/member_state.h"
#include "mockbroker/client/metadata.h"
#include "mockbroker/client/network_client.h"
#include "mockbroker/client/owned_partitions.h"
#include "mockbroker/client/topic_selection.h"

namespace rookery::mock {

class Rejoin {
 public:
  Rejoin(const GroupSettings& settings, NetworkClient& client, Metadata& metadata, GroupLock& group,
         Coordinator& coordinator, MemberState& member, OwnedPartitions& owned, EventQueue& events);

  void subscribe_locked(TopicSelection selection);
  const TopicSelection& selection_locked() const { return selection_; }
  bool is_cooperative() const { return is_cooperative_; }

  // Takes the next step, if one can be taken. `commits_wait`: commits accepted before a hand-back
  // have not left yet; they go first. Answers when it wants to be called again.
  TimePoint drive(bool commits_wait);

 private:
  struct Outgoing {
    NodeId node = -1;
    std::uint64_t attempt = 0;
    std::optional<JoinGroupRequest> join;
    std::optional<SyncGroupRequest> sync;
    // Neither: what was given up there is not waited for any longer.
  };

  void notice_metadata();
  std::optional<Outgoing> next_locked(TimePoint at, bool commits_wait, TimePoint& timer);
  std::optional<Outgoing> begin_join_locked(TimePoint at, bool commits_wait, TimePoint& timer);
  std::optional<Outgoing> begin_sync_locked();
  // One that was given up may be answered still; after a moment its connection is closed.
  std::optional<Outgoing> end_given_up_locked(TimePoint at, TimePoint& timer);
  JoinGroupRequest join_request_locked() const;
  std::set<std::string> group_topics_locked() const;
  void send(Outgoing outgoing);
  void answered_locked();
  void handle_join(std::uint64_t attempt, NodeId node, Result<Response> response);
  void handle_sync(std::uint64_t attempt, NodeId node, Result<Response> response);
  void take_assignment_locked(const std::vector<TopicPartition>& assignment);
  void handle_error_locked(const Error& error, NodeId node, TimePoint at);

  const GroupSettings& settings_;
  NetworkClient& client_;
  Metadata& metadata_;
  GroupLock& group_;
  Coordinator& coordinator_;
  MemberState& member_;
  OwnedPartitions& owned_;
  EventQueue& events_;
  const bool is_cooperative_;

  // Guarded by CO.
  TopicSelection selection_;
  std::optional<std::set<std::string>> topics_;  // what selection_ means; none: not known yet
  std::string protocol_;
  bool is_leader_ = false;
  std::vector<JoinGroupResponse::Member> members_;  // for the leader
  PartitionCounts assigned_counts_;                 // what the leader's assignment was made of
  // Where a join or sync is under way, given up or not; and until when one given up is waited for.
  std::optional<NodeId> under_way_at_;
  std::optional<TimePoint> given_up_until_;
  Backoff backoff_;
  TimePoint retry_at_{};
  std::optional<ErrorCode> told_;  // the last error that became an event

  std::uint64_t noticed_metadata_ = 0;  // M's own
};

}  // namespace rookery::mock
