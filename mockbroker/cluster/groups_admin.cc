// groups_admin.cc
//
// What administrators ask about groups and change in them: Kafka's DescribeGroups, ListGroups,
// DeleteGroups and OffsetDelete.
#include "mockbroker/cluster/groups.h"

#include <algorithm>

namespace rookery::mock {
namespace {

// Members are asked what they read; nobody else is.
bool has_subscriber(const Group& group, const std::string& topic) {
  return std::any_of(group.members.begin(), group.members.end(), [&](const auto& entry) {
    const auto& topics = entry.second.subscription(group.protocol).topics;
    return std::find(topics.begin(), topics.end(), topic) != topics.end();
  });
}

}  // namespace

DescribeGroupsResponse Groups::describe(NodeId node, const DescribeGroupsRequest& request) const {
  DescribeGroupsResponse response;
  for (const std::string& name : request.groups) {
    auto& answer = response.groups.emplace_back();
    answer.name = name;
    answer.error = name.empty() ? ErrorCode::kInvalidGroupId : refusal(name, node);
    if (answer.error) continue;
    const Group* group = find(name);
    answer.state = mock::name(group ? group->state : GroupState::kDead);
    if (!group) continue;
    const bool is_stable = group->state == GroupState::kStable;
    for (const auto& [id, member] : group->members) {
      answer.members.push_back({id, member.instance_id, member.client_id, "/in-process",
                                is_stable ? member.assignment : std::vector<TopicPartition>()});
    }
  }
  return response;
}

OffsetDeleteResponse Groups::delete_offsets(NodeId node, const OffsetDeleteRequest& request) {
  OffsetDeleteResponse response;
  response.error =
      request.group.empty() ? MaybeError(ErrorCode::kInvalidGroupId) : refusal(request.group, node);
  const Group* group = find(request.group);
  if (!response.error && !group) response.error = ErrorCode::kGroupIdNotFound;
  if (response.error) return response;
  for (const TopicPartition& partition : request.partitions) {
    auto& answer = response.partitions.emplace_back();
    answer.partition = partition;
    if (!topics_.find(partition)) {
      answer.error = ErrorCode::kUnknownTopicOrPartition;
    } else if (has_subscriber(*group, partition.topic)) {
      answer.error = ErrorCode::kNonEmptyGroup;  // GROUP_SUBSCRIBED_TO_TOPIC
    } else if (const auto stored = stored_.find(request.group); stored != stored_.end()) {
      stored->second.offsets.erase(partition);
    }
  }
  return response;
}

// As GroupCoordinator.handleListGroups: while a partition of the groups' log loads the answer says
// so, with the groups that are there.
ListGroupsResponse Groups::list(NodeId node) const {
  ListGroupsResponse response;
  for (const Slot& slot : slots_) {
    if (slot.placement.leader == node && !slot.is_loaded) {
      response.error = ErrorCode::kCoordinatorLoadInProgress;
    }
  }
  for (const auto& [name, group] : loaded_) {
    if (coordinator(name) != node) continue;
    response.groups.push_back({name, group.protocol_type, mock::name(group.state)});
  }
  return response;
}

DeleteGroupsResponse Groups::remove(NodeId node, const DeleteGroupsRequest& request) {
  DeleteGroupsResponse response;
  for (const std::string& name : request.groups) {
    auto& answer = response.groups.emplace_back();
    answer.name = name;
    answer.error = name.empty() ? ErrorCode::kInvalidGroupId : refusal(name, node);
    if (answer.error) continue;
    const Group* group = find(name);
    if (!group) {
      answer.error = ErrorCode::kGroupIdNotFound;
    } else if (group->state != GroupState::kEmpty) {
      answer.error = ErrorCode::kNonEmptyGroup;
    } else {
      // Whoever was given an id and has not joined with it is told that it is unknown.
      stored_.erase(name);
      loaded_.erase(name);
    }
  }
  return response;
}

}  // namespace rookery::mock
