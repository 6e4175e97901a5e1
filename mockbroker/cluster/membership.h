// membership.h
//
// How a group's members join, sync, beat, leave and expire: Kafka's classic group protocol, on a
// group that its coordinator has loaded.
//
// Sources: Kafka 4.1's GroupMetadataManager and ClassicGroup; KIP-134 (initial delay), KIP-345
// (static members), KIP-394 (member id required), KIP-429 (cooperative: the protocol is the same,
// members send what they own), KIP-62 (rebalance timeout). Where Kafka writes to the group's log
// and waits, here the write is done at once.
#pragma once

#include "mockbroker/cluster/core.h"
#include "mockbroker/cluster/group.h"

#include <functional>
#include <string>
#include <string_view>

namespace rookery::mock {

class Membership {
 public:
  // `store` is called when the group's membership is to be written to its log.
  Membership(Core& core, std::function<void(const Group&)> store)
      : core_(core), store_(std::move(store)) {}

  // Each answers, at once or later; the group is one that is there.
  void join(Group& group, Requester requester, std::string_view client_id,
            JoinGroupRequest request);
  void sync(Group& group, Requester requester, SyncGroupRequest request);
  MaybeError heartbeat(Group& group, const HeartbeatRequest& request);
  MaybeError leave(Group& group, const LeaveGroupRequest& request);
  // Whether a member of that generation may commit now; its session begins anew when it may.
  MaybeError check_commit(Group& group, const OffsetCommitRequest& request);

  // The new coordinator has read the group from its log: sessions begin anew.
  void restore(Group& group, const StoredGroup& stored);
  // The coordinator is gone, or another: whoever waits is told so, or (its connection is gone as
  // well) nothing. What the next one will find in the log, `stored`, is the group from now on, and
  // observers are told the difference.
  void abandon(Group& group, const StoredGroup& stored, bool answers);

  static JoinGroupResponse join_error(ErrorCode error, const std::string& member_id);

 private:
  void join_newcomer(Group& group, Requester requester, std::string_view client_id,
                     const JoinGroupRequest& request);
  void rejoin(Group& group, Requester requester, const JoinGroupRequest& request);
  void add_member(Group& group, const std::string& id, Requester requester,
                  std::string_view client_id, const JoinGroupRequest& request);
  void replace_static_member(Group& group, const std::string& id, Requester requester,
                             std::string_view client_id, const JoinGroupRequest& request);
  JoinGroupResponse present_generation(const Group& group, const Member& member) const;

  void maybe_prepare(Group& group);
  void prepare(Group& group);
  void prolong_initial_delay(Group& group);
  void maybe_complete_join(Group& group);
  void complete_join(Group& group);
  void assign(Group& group, const SyncGroupRequest& request);
  void give_up_on_syncs(Group& group);

  void remove(Group& group, const std::string& id, MemberRemoval why);
  void remove_and_update(Group& group, const std::string& id, MemberRemoval why);
  void restart_session(Group& group, Member& member);
  void set_session(Group& group, Member& member, Milliseconds timeout);
  void expire(Group& group, const std::string& id);
  void tell(void (Observer::*event)(const MemberEvent&), const Group& group, const Member& member,
            MemberRemoval why) const;

  std::string new_member_id(std::string_view prefix);

  Core& core_;
  std::function<void(const Group&)> store_;
  std::uint64_t last_member_ = 0;
};

}  // namespace rookery::mock
