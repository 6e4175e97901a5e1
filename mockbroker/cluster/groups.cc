// groups.cc
//
// Requests find their group here, or the reason why not; membership.cc does the rest.
#include "mockbroker/cluster/groups.h"

#include <algorithm>
#include <utility>

namespace rookery::mock {

Groups::Groups(Core& core, Topics& topics)
    : core_(core),
      topics_(topics),
      slots_(kSlots),
      membership_(core, [this](const Group& group) { store(group); }) {
  const std::size_t nodes = core.nodes.size();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Placement& placement = slots_[i].placement;
    for (std::size_t r = 0; r < std::min<std::size_t>(nodes, 3);
         ++r) {  // offsets.topic.replication.factor
      placement.replicas.push_back(static_cast<NodeId>((i + r) % nodes));
    }
    placement.leader = placement.replicas.front();
  }
}

// As Kafka does it: the absolute value of Java's String.hashCode, and 0 for the one that has none.
int Groups::slot_of(std::string_view group) {
  std::uint32_t bits = 0;
  for (const char c : group) bits = 31 * bits + static_cast<unsigned char>(c);
  const auto hash = static_cast<std::int32_t>(bits);
  if (hash == INT32_MIN) return 0;
  return (hash < 0 ? -hash : hash) % kSlots;
}

FindCoordinatorResponse Groups::find_coordinator(const FindCoordinatorRequest& request) const {
  if (request.group.empty()) return {.error = ErrorCode::kInvalidGroupId};
  const NodeId node = coordinator(request.group);
  if (node < 0) return {.error = ErrorCode::kCoordinatorNotAvailable};
  return {.node = node};
}

MaybeError Groups::refusal(const std::string& group, NodeId node) const {
  const Slot& slot = slots_[static_cast<std::size_t>(slot_of(group))];
  if (slot.placement.leader != node) return ErrorCode::kNotCoordinator;
  if (!slot.is_loaded) return ErrorCode::kCoordinatorLoadInProgress;
  return std::nullopt;
}

Group* Groups::find(const std::string& name) {
  const auto found = loaded_.find(name);
  return found == loaded_.end() ? nullptr : &found->second;
}

const Group* Groups::find(const std::string& name) const {
  return const_cast<Groups*>(this)->find(name);
}

Group& Groups::find_or_make(const std::string& name) {
  Group& group = loaded_[name];
  if (group.name.empty()) {
    group.name = name;
    arm_expiry(group);
  }
  return group;
}

void Groups::join(Requester requester, std::string_view client_id, JoinGroupRequest request) {
  MaybeError error;
  if (request.group.empty()) {
    error = ErrorCode::kInvalidGroupId;
  } else if ((error = refusal(request.group, requester.node))) {
  } else if (request.session_timeout < core_.options.group_min_session_timeout ||
             request.session_timeout > core_.options.group_max_session_timeout) {
    error = ErrorCode::kInvalidSessionTimeout;
  } else if (!request.member_id.empty() && !find(request.group)) {
    error = ErrorCode::kUnknownMemberId;
  }
  if (error) {
    core_.reply(requester, Membership::join_error(*error, request.member_id));
    return;
  }
  if (request.rebalance_timeout < Milliseconds(0))
    request.rebalance_timeout = request.session_timeout;
  Group& group = find_or_make(request.group);
  membership_.join(group, requester, client_id, std::move(request));
}

void Groups::sync(Requester requester, SyncGroupRequest request) {
  MaybeError error;
  if (request.group.empty()) {
    error = ErrorCode::kInvalidGroupId;
  } else {
    error = refusal(request.group, requester.node);
    // The join's answer was lost with the old coordinator: the member must join again.
    if (error == ErrorCode::kCoordinatorLoadInProgress) error = ErrorCode::kRebalanceInProgress;
  }
  Group* group = find(request.group);
  if (!error && !group) error = ErrorCode::kUnknownMemberId;
  if (error) {
    core_.reply(requester, SyncGroupResponse{.error = error});
    return;
  }
  membership_.sync(*group, requester, std::move(request));
}

HeartbeatResponse Groups::heartbeat(NodeId node, const HeartbeatRequest& request) {
  if (request.group.empty()) return {ErrorCode::kInvalidGroupId};
  const MaybeError error = refusal(request.group, node);
  // While it loads nobody knows the members: nobody is told that it is none.
  if (error == ErrorCode::kCoordinatorLoadInProgress) return {};
  if (error) return {error};
  Group* group = find(request.group);
  if (!group) return {ErrorCode::kUnknownMemberId};
  return {membership_.heartbeat(*group, request)};
}

LeaveGroupResponse Groups::leave(NodeId node, const LeaveGroupRequest& request) {
  if (request.group.empty()) return {ErrorCode::kInvalidGroupId};
  if (const MaybeError error = refusal(request.group, node)) return {error};
  Group* group = find(request.group);
  if (!group) return {ErrorCode::kUnknownMemberId};
  return {membership_.leave(*group, request)};
}

OffsetCommitResponse Groups::commit(NodeId node, std::string_view client_id,
                                    const OffsetCommitRequest& request) {
  MaybeError error = refusal(request.group, node);
  if (!error) {
    Group* group = find(request.group);
    if (group) {
      error = membership_.check_commit(*group, request);
    } else if (request.generation >= 0) {
      error = ErrorCode::kIllegalGeneration;
    } else {
      find_or_make(request.group);  // offsets only, without members
    }
  }
  OffsetCommitResponse response;
  for (const auto& wanted : request.partitions) {
    auto& answer = response.partitions.emplace_back();
    answer.partition = wanted.partition;
    if (!topics_.find(wanted.partition)) {
      answer.error = ErrorCode::kUnknownTopicOrPartition;
    } else if (error) {
      answer.error = error;
    } else if (wanted.metadata.size() > core_.options.offset_metadata_max_bytes) {
      answer.error = ErrorCode::kOffsetMetadataTooLarge;
    } else {
      stored_[request.group].offsets[wanted.partition] = {wanted.offset, wanted.leader_epoch,
                                                          wanted.metadata};
      core_.tell(&Observer::committed,
                 CommitEvent{core_.now, request.group, request.member_id, request.generation,
                             wanted.partition, wanted.offset, wanted.metadata, client_id});
    }
  }
  Group* group = find(request.group);
  if (!error && group && group->state == GroupState::kEmpty) arm_expiry(*group);
  return response;
}

OffsetFetchResponse Groups::fetch_offsets(NodeId node, const OffsetFetchRequest& request) const {
  OffsetFetchResponse response;
  response.error = refusal(request.group, node);
  if (response.error) return response;
  static const std::map<TopicPartition, CommittedOffset> kNone;
  const auto stored = stored_.find(request.group);
  const auto& offsets = stored == stored_.end() ? kNone : stored->second.offsets;
  const auto add = [&response](const TopicPartition& partition, const CommittedOffset& committed) {
    response.partitions.push_back(
        {partition, committed.offset, committed.leader_epoch, committed.metadata});
  };
  if (!request.partitions) {
    for (const auto& [partition, committed] : offsets) add(partition, committed);
    return response;
  }
  for (const TopicPartition& partition : *request.partitions) {
    const auto found = offsets.find(partition);
    add(partition, found == offsets.end() ? CommittedOffset() : found->second);
  }
  return response;
}

void Groups::store(const Group& group) {
  StoredGroup& stored = stored_[group.name];
  auto offsets = std::move(stored.offsets);
  stored = group.stored();
  stored.offsets = std::move(offsets);
  if (group.state == GroupState::kEmpty) arm_expiry(loaded_.at(group.name));
}

void Groups::arm_expiry(Group& group) {
  group.expiry.set(core_.timers, saturating_add(core_.now, core_.options.offsets_retention),
                   [this, name = group.name] {
                     const Group* idle = find(name);
                     if (!idle || idle->state != GroupState::kEmpty || !idle->pending.empty())
                       return;
                     stored_.erase(name);
                     loaded_.erase(name);
                   });
}

Status Groups::move_coordinator(const std::string& group, NodeId node) {
  const int number = slot_of(group);
  if (!slot(number).placement.has_replica(node)) {
    return fail(ErrorCode::kInvalidArgument, "node " + std::to_string(node) +
                                                 " has no replica of __consumer_offsets-" +
                                                 std::to_string(number));
  }
  if (!core_.is_electable(node)) {
    return fail(ErrorCode::kState, "node " + std::to_string(node) + " is down");
  }
  if (slot(number).placement.leader != node) lead(number, node);
  return {};
}

void Groups::elect() {
  for (int i = 0; i < kSlots; ++i) {
    const Placement& placement = slot(i).placement;
    const bool stays = placement.leader >= 0 && core_.is_electable(placement.leader);
    if (stays && (slot(i).is_loaded || slot(i).loading.is_set())) continue;
    // A leader that was down and is up again before anybody else was elected reads its log anew.
    const NodeId next = stays ? placement.leader : placement.first_electable(core_);
    if (next != placement.leader || stays) lead(i, next);
  }
}

void Groups::return_to_preferred() {
  for (int i = 0; i < kSlots; ++i) {
    const NodeId preferred = slot(i).placement.replicas.front();
    if (slot(i).placement.leader != preferred && core_.is_electable(preferred)) lead(i, preferred);
  }
}

void Groups::node_down(NodeId node) {
  for (int i = 0; i < kSlots; ++i) {
    if (slot(i).placement.leader == node) unload(i, false);
  }
}

void Groups::lead(int number, NodeId node) {
  unload(number, true);
  Slot& moved = slot(number);
  const NodeId old = std::exchange(moved.placement.leader, node);
  ++moved.placement.epoch;
  core_.tell(&Observer::coordinator_moved, CoordinatorEvent{core_.now, number, old, node});
  if (node < 0) return;
  if (core_.options.coordinator_load_time <= Milliseconds(0)) {
    load(number);
  } else {
    moved.loading.set(core_.timers, saturating_add(core_.now, core_.options.coordinator_load_time),
                      [this, number] { load(number); });
  }
}

void Groups::load(int number) {
  slot(number).is_loaded = true;
  for (const auto& [name, stored] : stored_) {
    if (slot_of(name) != number) continue;
    Group& group = find_or_make(name);
    if (!stored.members.empty()) group.expiry.cancel();
    membership_.restore(group, stored);
  }
}

void Groups::unload(int number, bool answers) {
  slot(number).is_loaded = false;
  slot(number).loading.cancel();
  for (auto at = loaded_.begin(); at != loaded_.end();) {
    if (slot_of(at->first) != number) {
      ++at;
      continue;
    }
    const auto stored = stored_.find(at->first);
    membership_.abandon(at->second, stored == stored_.end() ? StoredGroup() : stored->second,
                        answers);
    at = loaded_.erase(at);
  }
}

void Groups::topic_deleted(const std::string& topic) {
  for (auto& [name, stored] : stored_) {
    std::erase_if(stored.offsets, [&](const auto& offset) { return offset.first.topic == topic; });
  }
}

}  // namespace rookery::mock
