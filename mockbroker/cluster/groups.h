// groups.h
//
// The group coordinators: which node coordinates which group, loading and moving of groups, and
// their committed offsets.
//
// A group belongs to one of 50 slots (the partitions of __consumer_offsets) by the hash of its
// name, and a slot's leader coordinates its groups. When a slot moves, what was written to its log
// survives and the rest does not: members of the last complete generation live on with their
// sessions started anew, those who were joining must join again. Sources: Kafka's GroupCoordinator,
// GroupMetadataManager.
#pragma once

#include "mockbroker/cluster/controller.h"
#include "mockbroker/cluster/core.h"
#include "mockbroker/cluster/group.h"
#include "mockbroker/cluster/membership.h"
#include "mockbroker/cluster/topics.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::mock {

class Groups final : public Dependents {
 public:
  static constexpr int kSlots = 50;  // offsets.topic.num.partitions

  Groups(Core& core, Topics& topics);

  static int slot_of(std::string_view group);

  FindCoordinatorResponse find_coordinator(const FindCoordinatorRequest& request) const;
  void join(Requester requester, std::string_view client_id, JoinGroupRequest request);
  void sync(Requester requester, SyncGroupRequest request);
  HeartbeatResponse heartbeat(NodeId node, const HeartbeatRequest& request);
  LeaveGroupResponse leave(NodeId node, const LeaveGroupRequest& request);
  OffsetCommitResponse commit(NodeId node, std::string_view client_id,
                              const OffsetCommitRequest& request);
  OffsetFetchResponse fetch_offsets(NodeId node, const OffsetFetchRequest& request) const;

  DescribeGroupsResponse describe(NodeId node, const DescribeGroupsRequest& request) const;
  OffsetDeleteResponse delete_offsets(NodeId node, const OffsetDeleteRequest& request);
  ListGroupsResponse list(NodeId node) const;
  DeleteGroupsResponse remove(NodeId node, const DeleteGroupsRequest& request);

  // To a replica of the slot that is up. Errors: kInvalidArgument, kState, saying why.
  Status move_coordinator(const std::string& group, NodeId node);

  // Dependents
  void elect() override;
  void return_to_preferred() override;
  void node_down(NodeId node) override;
  void topic_deleted(const std::string& topic) override;

  // For inspection.
  NodeId coordinator(std::string_view group) const {
    return slots_[static_cast<std::size_t>(slot_of(group))].placement.leader;
  }
  const std::map<std::string, StoredGroup>& stored() const { return stored_; }
  const std::map<std::string, Group>& loaded() const { return loaded_; }
  // None: not loaded.
  const Group* find(const std::string& name) const;

 private:
  struct Slot {
    Placement placement;
    bool is_loaded = true;
    Timer loading;
  };

  Slot& slot(int number) { return slots_[static_cast<std::size_t>(number)]; }
  // Why the node cannot serve the group, if it cannot.
  MaybeError refusal(const std::string& group, NodeId node) const;
  Group* find(const std::string& name);
  Group& find_or_make(const std::string& name);
  void store(const Group& group);
  void arm_expiry(Group& group);
  void lead(int number, NodeId node);
  void load(int number);
  void unload(int number, bool answers);

  Core& core_;
  Topics& topics_;
  std::vector<Slot> slots_;
  std::map<std::string, StoredGroup> stored_;  // what the slots' logs hold
  std::map<std::string, Group> loaded_;        // what coordinators have in memory
  Membership membership_;
};

}  // namespace rookery::mock
