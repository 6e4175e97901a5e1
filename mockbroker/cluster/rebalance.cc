// rebalance.cc
//
// From "somebody came or went" to the next generation: preparing, joining, syncing; and a
// coordinator that comes or goes meanwhile.
#include "mockbroker/cluster/membership.h"

#include <algorithm>
#include <utility>

namespace rookery::mock {

void Membership::maybe_prepare(Group& group) {
  if (group.state == GroupState::kPreparingRebalance) {
    maybe_complete_join(group);
  } else {
    prepare(group);
  }
}

void Membership::prepare(Group& group) {
  if (group.state == GroupState::kCompletingRebalance) {  // that generation will never be complete
    for (auto& [id, member] : group.members) {
      member.assignment.clear();
      if (!member.awaiting_sync) continue;
      core_.reply(*std::exchange(member.awaiting_sync, std::nullopt),
                  SyncGroupResponse{.error = ErrorCode::kRebalanceInProgress});
      restart_session(group, member);
    }
  }
  group.awaited_syncs.clear();
  group.sync_deadline.cancel();
  const bool was_empty = group.state == GroupState::kEmpty;
  group.state = GroupState::kPreparingRebalance;
  if (was_empty) {
    const Milliseconds delay = core_.options.group_initial_rebalance_delay;
    group.is_in_initial_delay = true;
    group.has_grown = false;
    group.initial_delay_left = std::max(group.rebalance_timeout() - delay, Milliseconds(0));
    if (delay <= Milliseconds(0)) {
      complete_join(group);
    } else {
      group.join_deadline.set(core_.timers, saturating_add(core_.now, delay),
                              [this, &group] { prolong_initial_delay(group); });
    }
    return;
  }
  group.join_deadline.set(core_.timers, saturating_add(core_.now, group.rebalance_timeout()),
                          [this, &group] { complete_join(group); });
  maybe_complete_join(group);
}

// The initial delay starts again as long as members keep coming, within the rebalance timeout.
void Membership::prolong_initial_delay(Group& group) {
  if (!group.has_grown || group.initial_delay_left <= Milliseconds(0)) {
    complete_join(group);
    return;
  }
  const Milliseconds delay =
      std::min(core_.options.group_initial_rebalance_delay, group.initial_delay_left);
  group.has_grown = false;
  group.initial_delay_left -= delay;
  group.join_deadline.set(core_.timers, saturating_add(core_.now, delay),
                          [this, &group] { prolong_initial_delay(group); });
}

void Membership::maybe_complete_join(Group& group) {
  if (group.state != GroupState::kPreparingRebalance || group.is_in_initial_delay) return;
  if (group.has_all_joined()) complete_join(group);
}

void Membership::complete_join(Group& group) {
  group.join_deadline.cancel();
  group.is_in_initial_delay = false;
  std::vector<std::string> absent;
  for (const auto& [id, member] : group.members) {
    if (!member.awaiting_join && member.instance_id.empty()) absent.push_back(id);
  }
  for (const std::string& id : absent) remove(group, id, MemberRemoval::kDidNotRejoin);

  if (!group.members.empty() &&
      !group.elect_joined_leader()) {  // static members, and none is there: they may come back
    group.join_deadline.set(core_.timers, saturating_add(core_.now, group.rebalance_timeout()),
                            [this, &group] { complete_join(group); });
    return;
  }
  ++group.generation;
  if (group.members.empty()) {
    group.state = GroupState::kEmpty;
    group.protocol.clear();
    store_(group);
    return;
  }
  group.protocol = group.select_protocol();
  group.state = GroupState::kCompletingRebalance;
  for (auto& [id, member] : group.members) {
    if (member.awaiting_join) {
      core_.reply(*std::exchange(member.awaiting_join, std::nullopt),
                  present_generation(group, member));
    }
    member.is_new = false;
    restart_session(group, member);
    group.awaited_syncs.insert(id);
  }
  group.sync_deadline.set(core_.timers, saturating_add(core_.now, group.rebalance_timeout()),
                          [this, &group] { give_up_on_syncs(group); });
}

void Membership::assign(Group& group, const SyncGroupRequest& request) {
  std::map<std::string, std::vector<TopicPartition>> assignments;
  for (auto& [id, member] : group.members) {
    const auto given = request.assignments.find(id);
    member.assignment =
        given == request.assignments.end() ? std::vector<TopicPartition>() : given->second;
    assignments[id] = member.assignment;
  }
  group.state = GroupState::kStable;
  store_(group);
  core_.tell(&Observer::generation_completed,
             GenerationEvent{core_.now, group.name, group.generation, group.protocol, group.leader,
                             assignments});
  for (auto& [id, member] : group.members) {
    if (!member.awaiting_sync) continue;
    core_.reply(*std::exchange(member.awaiting_sync, std::nullopt),
                SyncGroupResponse{.assignment = member.assignment});
    restart_session(group, member);
  }
}

void Membership::give_up_on_syncs(Group& group) {
  for (const std::string& id : std::exchange(group.awaited_syncs, {})) {
    if (group.has_member(id)) remove(group, id, MemberRemoval::kDidNotSync);
  }
  prepare(group);
}

void Membership::remove(Group& group, const std::string& id, MemberRemoval why) {
  auto node = group.members.extract(id);
  Member& member = node.mapped();
  if (member.awaiting_join) {
    core_.reply(*member.awaiting_join, join_error(ErrorCode::kUnknownMemberId, ""));
  }
  if (member.awaiting_sync) {
    core_.reply(*member.awaiting_sync, SyncGroupResponse{.error = ErrorCode::kUnknownMemberId});
  }
  if (!member.instance_id.empty()) group.static_members.erase(member.instance_id);
  group.awaited_syncs.erase(member.id);
  if (group.leader == member.id) {
    group.leader = group.members.empty() ? std::string() : group.members.begin()->first;
  }
  tell(&Observer::member_removed, group, member, why);
}

void Membership::remove_and_update(Group& group, const std::string& id, MemberRemoval why) {
  remove(group, id, why);
  maybe_prepare(group);
}

void Membership::restore(Group& group, const StoredGroup& stored) {
  group.generation = stored.generation;
  group.protocol_type = stored.protocol_type;
  group.protocol = stored.protocol;
  group.leader = stored.leader;
  group.state = stored.members.empty() ? GroupState::kEmpty : GroupState::kStable;
  for (const StoredMember& known : stored.members) {
    Member& member = group.members[known.id];
    member.id = known.id;
    member.instance_id = known.instance_id;
    member.client_id = known.client_id;
    member.session_timeout = known.session_timeout;
    member.rebalance_timeout = known.rebalance_timeout;
    member.protocols = {{stored.protocol, known.subscription}};
    member.assignment = known.assignment;
    if (!member.instance_id.empty()) group.static_members[member.instance_id] = member.id;
    restart_session(group, member);
  }
}

void Membership::abandon(Group& group, const StoredGroup& stored, bool answers) {
  for (auto& [id, member] : group.members) {
    if (answers && member.awaiting_join) {
      core_.reply(*member.awaiting_join, join_error(ErrorCode::kNotCoordinator, id));
    }
    if (answers && member.awaiting_sync) {
      core_.reply(*member.awaiting_sync, SyncGroupResponse{.error = ErrorCode::kNotCoordinator});
    }
    const bool is_stored =
        std::any_of(stored.members.begin(), stored.members.end(),
                    [&](const StoredMember& known) { return known.id == member.id; });
    if (!is_stored) tell(&Observer::member_removed, group, member, MemberRemoval::kForgotten);
  }
  for (const StoredMember& known :
       stored.members) {  // left since the last complete generation: the log does not know
    if (group.has_member(known.id)) continue;
    core_.tell(&Observer::member_joined,
               MemberEvent{core_.now, group.name, known.id, known.client_id, stored.generation,
                           MemberRemoval::kForgotten});
  }
}

}  // namespace rookery::mock
