// membership.cc
//
// What members send, and what becomes of those who are silent. Rebalances are in rebalance.cc.
#include "mockbroker/cluster/membership.h"

#include <utility>

namespace rookery::mock {
namespace {

// Whether the sender is the member it says it is.
MaybeError identity_error(const Group& group, const std::string& member_id,
                          const std::string& instance_id) {
  if (!instance_id.empty()) {
    const auto found = group.static_members.find(instance_id);
    if (found == group.static_members.end()) return ErrorCode::kUnknownMemberId;
    if (found->second != member_id) return ErrorCode::kFencedInstanceId;
  }
  if (!group.has_member(member_id)) return ErrorCode::kUnknownMemberId;
  return std::nullopt;
}

void take_over(Member& member, const JoinGroupRequest& request) {
  member.protocols = request.protocols;
  member.session_timeout = request.session_timeout;
  member.rebalance_timeout = request.rebalance_timeout;
}

}  // namespace

JoinGroupResponse Membership::join_error(ErrorCode error, const std::string& member_id) {
  return {.error = error, .member_id = member_id};
}

std::string Membership::new_member_id(std::string_view prefix) {
  return std::string(prefix) + "-" + std::to_string(++last_member_);
}

void Membership::join(Group& group, Requester requester, std::string_view client_id,
                      JoinGroupRequest request) {
  if (!group.supports(request.protocol_type, request.protocols)) {
    core_.reply(requester, join_error(ErrorCode::kInconsistentGroupProtocol, request.member_id));
  } else if (request.member_id.empty()) {
    join_newcomer(group, requester, client_id, request);
  } else if (group.pending.contains(request.member_id)) {
    if (!request.group_instance_id.empty()) {  // ids are given out to dynamic members only
      core_.reply(requester, join_error(ErrorCode::kUnknownMemberId, request.member_id));
      return;
    }
    group.pending.erase(request.member_id);
    add_member(group, request.member_id, requester, client_id, request);
  } else if (const MaybeError error =
                 identity_error(group, request.member_id, request.group_instance_id)) {
    core_.reply(requester, join_error(*error, request.member_id));
  } else {
    rejoin(group, requester, request);
  }
}

void Membership::join_newcomer(Group& group, Requester requester, std::string_view client_id,
                               const JoinGroupRequest& request) {
  if (request.group_instance_id.empty()) {
    const std::string id = new_member_id(client_id);
    group.pending[id].set(core_.timers, saturating_add(core_.now, request.session_timeout),
                          [this, &group, id] {
                            group.pending.erase(id);
                            maybe_complete_join(group);
                          });
    core_.reply(requester, join_error(ErrorCode::kMemberIdRequired, id));
    return;
  }
  const std::string id = new_member_id(request.group_instance_id);
  if (group.static_members.contains(request.group_instance_id)) {
    replace_static_member(group, id, requester, client_id, request);
  } else {
    add_member(group, id, requester, client_id, request);
  }
}

void Membership::rejoin(Group& group, Requester requester, const JoinGroupRequest& request) {
  Member& member = group.members.at(request.member_id);
  const bool is_same = member.protocols == request.protocols;
  const bool is_leader = group.leader == member.id;
  // A follower that says the same again missed its answer; a leader that joins again wants a new
  // assignment.
  const bool knows_answer = group.state == GroupState::kCompletingRebalance
                                ? is_same
                                : group.state == GroupState::kStable && is_same && !is_leader;
  if (knows_answer) {
    core_.reply(requester, present_generation(group, member));
    return;
  }
  take_over(member, request);
  member.awaiting_join = requester;
  maybe_prepare(group);
}

void Membership::add_member(Group& group, const std::string& id, Requester requester,
                            std::string_view client_id, const JoinGroupRequest& request) {
  Member& member = group.members[id];
  member.id = id;
  member.instance_id = request.group_instance_id;
  member.client_id = client_id;
  take_over(member, request);
  member.is_new = true;
  member.awaiting_join = requester;
  if (group.members.size() == 1) group.protocol_type = request.protocol_type;
  if (group.leader.empty()) group.leader = id;
  if (!member.instance_id.empty()) group.static_members[member.instance_id] = id;
  group.has_grown = true;
  group.expiry.cancel();
  set_session(group, member, core_.options.new_member_join_timeout);
  tell(&Observer::member_joined, group, member, MemberRemoval::kLeft);
  maybe_prepare(group);
}

void Membership::replace_static_member(Group& group, const std::string& id, Requester requester,
                                       std::string_view client_id,
                                       const JoinGroupRequest& request) {
  const std::string old_id = group.static_members.at(request.group_instance_id);
  const std::string old_leader = group.leader;
  auto node = group.members.extract(old_id);
  tell(&Observer::member_removed, group, node.mapped(), MemberRemoval::kReplaced);
  node.key() = id;
  Member& member = group.members.insert(std::move(node)).position->second;
  if (member.awaiting_join) {
    core_.reply(*std::exchange(member.awaiting_join, std::nullopt),
                join_error(ErrorCode::kFencedInstanceId, old_id));
  }
  if (member.awaiting_sync) {
    core_.reply(*std::exchange(member.awaiting_sync, std::nullopt),
                SyncGroupResponse{.error = ErrorCode::kFencedInstanceId});
  }
  member.id = id;
  member.client_id = client_id;
  take_over(member, request);
  group.static_members[request.group_instance_id] = id;
  if (group.leader == old_id) group.leader = id;
  if (group.awaited_syncs.erase(old_id) > 0) group.awaited_syncs.insert(id);
  restart_session(group, member);
  tell(&Observer::member_joined, group, member, MemberRemoval::kLeft);

  if (group.state == GroupState::kStable && group.select_protocol() == group.protocol) {
    store_(group);
    // The former leader's id, so that a leader come back does not assign: a stable group would not
    // hear it.
    JoinGroupResponse response = present_generation(group, member);
    response.leader = old_leader;
    response.members.clear();
    core_.reply(requester, std::move(response));
    return;
  }
  member.awaiting_join = requester;
  maybe_prepare(group);
}

JoinGroupResponse Membership::present_generation(const Group& group, const Member& member) const {
  JoinGroupResponse response{.generation = group.generation,
                             .protocol = group.protocol,
                             .leader = group.leader,
                             .member_id = member.id};
  if (group.leader == member.id) response.members = group.roster();
  return response;
}

void Membership::sync(Group& group, Requester requester, SyncGroupRequest request) {
  MaybeError error = identity_error(group, request.member_id, request.group_instance_id);
  if (!error && request.generation != group.generation) error = ErrorCode::kIllegalGeneration;
  if (!error && group.state == GroupState::kPreparingRebalance)
    error = ErrorCode::kRebalanceInProgress;
  if (error) {
    core_.reply(requester, SyncGroupResponse{.error = error});
    return;
  }
  Member& member = group.members.at(request.member_id);
  group.awaited_syncs.erase(member.id);
  if (group.awaited_syncs.empty()) group.sync_deadline.cancel();
  if (group.state == GroupState::kStable) {
    core_.reply(requester, SyncGroupResponse{.assignment = member.assignment});
    return;
  }
  member.awaiting_sync = requester;
  if (group.leader == member.id) assign(group, request);
}

MaybeError Membership::heartbeat(Group& group, const HeartbeatRequest& request) {
  if (const MaybeError error =
          identity_error(group, request.member_id, request.group_instance_id)) {
    return error;
  }
  if (request.generation != group.generation) return ErrorCode::kIllegalGeneration;
  restart_session(group, group.members.at(request.member_id));
  if (group.state == GroupState::kPreparingRebalance) return ErrorCode::kRebalanceInProgress;
  return std::nullopt;
}

MaybeError Membership::leave(Group& group, const LeaveGroupRequest& request) {
  std::string id = request.member_id;
  if (!request.group_instance_id.empty()) {
    const auto found = group.static_members.find(request.group_instance_id);
    if (found == group.static_members.end()) return ErrorCode::kUnknownMemberId;
    if (!id.empty() && id != found->second) return ErrorCode::kFencedInstanceId;
    id = found->second;
  } else if (group.pending.erase(id) > 0) {
    maybe_complete_join(group);
    return std::nullopt;
  }
  if (!group.has_member(id)) return ErrorCode::kUnknownMemberId;
  remove_and_update(group, id, MemberRemoval::kLeft);
  return std::nullopt;
}

MaybeError Membership::check_commit(Group& group, const OffsetCommitRequest& request) {
  const bool is_from_outside =
      request.generation < 0 && request.member_id.empty() && request.group_instance_id.empty();
  if (request.generation < 0 && group.state == GroupState::kEmpty) return std::nullopt;
  if (is_from_outside) return ErrorCode::kUnknownMemberId;  // a group with members is theirs
  if (const MaybeError error =
          identity_error(group, request.member_id, request.group_instance_id)) {
    return error;
  }
  if (request.generation != group.generation) return ErrorCode::kIllegalGeneration;
  // It has its generation from the join's answer, but nobody has an assignment yet.
  if (group.state == GroupState::kCompletingRebalance) return ErrorCode::kRebalanceInProgress;
  restart_session(group, group.members.at(request.member_id));
  return std::nullopt;
}

void Membership::restart_session(Group& group, Member& member) {
  set_session(group, member, member.session_timeout);
}

void Membership::set_session(Group& group, Member& member, Milliseconds timeout) {
  member.session.set(core_.timers, saturating_add(core_.now, timeout),
                     [this, &group, id = member.id] { expire(group, id); });
}

void Membership::expire(Group& group, const std::string& id) {
  const Member& member = group.members.at(id);
  // Who waits for an answer cannot beat; the answer starts its session again. Newcomers have their
  // own, long limit.
  const bool waits = member.awaiting_sync || (member.awaiting_join && !member.is_new);
  if (!waits) remove_and_update(group, std::string(id), MemberRemoval::kSessionExpired);
}

void Membership::tell(void (Observer::*event)(const MemberEvent&), const Group& group,
                      const Member& member, MemberRemoval why) const {
  core_.tell(event, MemberEvent{core_.now, group.name, member.id, member.client_id,
                                group.generation, why});
}

}  // namespace rookery::mock
