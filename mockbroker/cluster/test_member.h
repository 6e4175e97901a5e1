// test_member.h
//
// A group member made of single requests, for tests of the coordinator.
#pragma once

#include "mockbroker/cluster/test_cluster.h"

#include <map>
#include <string>
#include <vector>

namespace rookery::mock {

inline constexpr const char* kGroup = "billing";

struct TestMember {
  TestCluster& test;
  std::string client_id;
  std::string id = {};
  std::string instance_id = {};
  std::int32_t generation = -1;
  std::vector<std::string> protocols = {"range"};
  std::vector<std::string> topics = {"orders"};
  Milliseconds session_timeout{10'000};
  Milliseconds rebalance_timeout{60'000};
  std::string group = kGroup;

  NodeId coordinator() const { return test.cluster.inspect().coordinator(group); }

  JoinGroupRequest join_request() const {
    JoinGroupRequest request{.group = group,
                             .session_timeout = session_timeout,
                             .rebalance_timeout = rebalance_timeout,
                             .member_id = id,
                             .group_instance_id = instance_id};
    for (const auto& protocol : protocols)
      request.protocols.push_back({protocol, {.topics = topics}});
    return request;
  }
  ReplyTo send_join() { return test.send(coordinator(), join_request(), client_id); }
  // Gets an id first, when it has none and is dynamic.
  ReplyTo join() {
    if (id.empty() && instance_id.empty()) {
      const auto refused = test.ask<JoinGroupResponse>(coordinator(), join_request(), client_id);
      EXPECT_EQ(refused.error, ErrorCode::kMemberIdRequired);
      id = refused.member_id;
    }
    return send_join();
  }
  JoinGroupResponse joined(ReplyTo join) {
    auto response = test.reply<JoinGroupResponse>(join);
    if (!response.error) {
      id = response.member_id;
      generation = response.generation;
    }
    return response;
  }
  ReplyTo send_sync(std::map<std::string, std::vector<TopicPartition>> assignments = {}) {
    return test.send(coordinator(),
                     SyncGroupRequest{.group = group,
                                      .generation = generation,
                                      .member_id = id,
                                      .group_instance_id = instance_id,
                                      .assignments = std::move(assignments)},
                     client_id);
  }
  MaybeError heartbeat() {
    return test
        .ask<HeartbeatResponse>(coordinator(), HeartbeatRequest{group, generation, id, instance_id})
        .error;
  }
  MaybeError leave() {
    return test.ask<LeaveGroupResponse>(coordinator(), LeaveGroupRequest{group, id, instance_id})
        .error;
  }
  MaybeError commit(Offset offset, const std::string& metadata = "",
                    const TopicPartition& partition = {"orders", 0}) {
    OffsetCommitRequest request{.group = group,
                                .generation = generation,
                                .member_id = id,
                                .group_instance_id = instance_id};
    request.partitions.push_back({.partition = partition, .offset = offset, .metadata = metadata});
    const auto response = test.ask<OffsetCommitResponse>(coordinator(), request, client_id);
    EXPECT_EQ(response.partitions.size(), 1U);
    return response.partitions.at(0).error;
  }
};

// Joins them all and gives each one partition, in their order; all must be answered.
inline void settle(const std::vector<TestMember*>& members) {
  std::vector<ReplyTo> joins;
  for (TestMember* member : members) joins.push_back(member->join());
  // Whoever came before the last was in an older generation, or waits: again until all are in one.
  for (int round = 0; round < 3; ++round) {
    std::int32_t newest = -1;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (!members[i]->test.is_answered(joins[i])) continue;
      newest = std::max(newest, members[i]->joined(joins[i]).generation);
    }
    for (std::size_t i = 0; i < members.size(); ++i) {
      const bool is_old = members[i]->test.is_answered(joins[i]) && members[i]->generation < newest;
      const bool must_join = is_old || (members[i]->test.is_answered(joins[i]) &&
                                        members[i]->heartbeat() == ErrorCode::kRebalanceInProgress);
      if (must_join) joins[i] = members[i]->send_join();
    }
  }
  std::map<std::string, std::vector<TopicPartition>> assignments;
  for (std::size_t i = 0; i < members.size(); ++i) {
    members[i]->joined(joins[i]);
    assignments[members[i]->id] = {{"orders", static_cast<PartitionId>(i)}};
  }
  std::vector<ReplyTo> syncs;
  const std::string leader =
      members.front()->test.cluster.inspect().group(members.front()->group).leader;
  for (TestMember* member : members) {
    syncs.push_back(member->send_sync(
        member->id == leader ? assignments : std::map<std::string, std::vector<TopicPartition>>()));
  }
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto response = members[i]->test.reply<SyncGroupResponse>(syncs[i]);
    ASSERT_EQ(response.error, std::nullopt);
    ASSERT_EQ(response.assignment, assignments[members[i]->id]);
  }
  ASSERT_EQ(members.front()->test.cluster.inspect().group(members.front()->group).state,
            GroupState::kStable);
}

}  // namespace rookery::mock
