// group.h
//
// One consumer group as its coordinator holds it in memory, and what of it is written to the
// group's log.
//
// Plain data and questions about it; membership.h says how it changes. Sources: Kafka's
// GroupMetadata and MemberMetadata.
#pragma once

#include "mockbroker/cluster/core.h"
#include "mockbroker/cluster/timers.h"
#include "mockbroker/protocol/protocol.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace rookery::mock {

enum class GroupState {
  kEmpty,                // no members; offsets may be there
  kPreparingRebalance,   // members are joining
  kCompletingRebalance,  // all have joined; the leader's assignment is awaited
  kStable,
  kDead,  // there is no such group
};
// Kafka's words: "PreparingRebalance".
const char* name(GroupState state);

struct CommittedOffset {
  Offset offset = -1;
  std::int32_t leader_epoch = -1;
  std::string metadata;

  friend bool operator==(const CommittedOffset&, const CommittedOffset&) = default;
};

// What a member keeps through a move of the coordinator.
struct StoredMember {
  std::string id;
  std::string instance_id;  // empty: dynamic
  std::string client_id;
  Milliseconds session_timeout{0};
  Milliseconds rebalance_timeout{0};
  Subscription subscription;  // for the group's protocol only
  std::vector<TopicPartition> assignment;
};

// What __consumer_offsets holds of a group. Membership is written when the leader's assignment
// arrives, when the group becomes empty and when a static member takes its former self's place;
// offsets are written when committed.
struct StoredGroup {
  std::int32_t generation = 0;
  std::string protocol_type;
  std::string protocol;
  std::string leader;
  std::vector<StoredMember> members;
  std::map<TopicPartition, CommittedOffset> offsets;
};

struct Member {
  std::string id;
  std::string instance_id;  // empty: dynamic
  std::string client_id;
  Milliseconds session_timeout{0};
  Milliseconds rebalance_timeout{0};
  std::vector<JoinGroupRequest::Protocol> protocols;
  std::vector<TopicPartition> assignment;
  bool is_new = false;  // in its first rebalance
  std::optional<Requester> awaiting_join;
  std::optional<Requester> awaiting_sync;
  Timer session;

  const Subscription& subscription(const std::string& protocol) const;
};

struct Group {
  std::string name;
  GroupState state = GroupState::kEmpty;
  std::int32_t generation = 0;
  std::string protocol_type;
  std::string protocol;
  std::string leader;
  std::map<std::string, Member> members;              // by id
  std::map<std::string, std::string> static_members;  // instance id to member id
  std::map<std::string, Timer> pending;  // ids given out, not joined with yet (KIP-394)
  std::set<std::string> awaited_syncs;   // members of this generation that have not synced
  bool is_in_initial_delay = false;
  bool has_grown = false;  // since the initial delay began, or was prolonged
  Milliseconds initial_delay_left{0};
  Timer join_deadline;
  Timer sync_deadline;
  Timer expiry;  // of an empty group

  bool has_member(const std::string& id) const { return members.contains(id); }
  bool has_all_joined() const;
  Milliseconds rebalance_timeout() const;  // the members' longest
  // Whether one who speaks these could be a member beside those there are.
  bool supports(const std::string& type,
                const std::vector<JoinGroupRequest::Protocol>& protocols) const;
  // What all members support and most prefer; ties go to the leader's preference.
  std::string select_protocol() const;
  // A leader that has joined; false when nobody has.
  bool elect_joined_leader();
  // Members as the leader is told them.
  std::vector<JoinGroupResponse::Member> roster() const;
  StoredGroup stored() const;  // without offsets
};

}  // namespace rookery::mock
