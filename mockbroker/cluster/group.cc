// group.cc
//
// Questions a coordinator asks about a group.
#include "mockbroker/cluster/group.h"

#include <algorithm>

namespace rookery::mock {
namespace {

bool speaks(const Member& member, const std::string& protocol) {
  return std::any_of(member.protocols.begin(), member.protocols.end(),
                     [&](const auto& known) { return known.name == protocol; });
}

bool all_speak(const Group& group, const std::string& protocol) {
  return std::all_of(group.members.begin(), group.members.end(),
                     [&](const auto& member) { return speaks(member.second, protocol); });
}

}  // namespace

const char* name(GroupState state) {
  switch (state) {
    case GroupState::kEmpty:
      return "Empty";
    case GroupState::kPreparingRebalance:
      return "PreparingRebalance";
    case GroupState::kCompletingRebalance:
      return "CompletingRebalance";
    case GroupState::kStable:
      return "Stable";
    case GroupState::kDead:
      return "Dead";
  }
  return "Dead";
}

const Subscription& Member::subscription(const std::string& protocol) const {
  static const Subscription kNone;
  for (const auto& known : protocols) {
    if (known.name == protocol) return known.subscription;
  }
  return kNone;
}

bool Group::has_all_joined() const {
  return pending.empty() && std::all_of(members.begin(), members.end(), [](const auto& member) {
           return member.second.awaiting_join.has_value();
         });
}

Milliseconds Group::rebalance_timeout() const {
  Milliseconds longest{0};
  for (const auto& [id, member] : members) longest = std::max(longest, member.rebalance_timeout);
  return longest;
}

bool Group::supports(const std::string& type,
                     const std::vector<JoinGroupRequest::Protocol>& protocols) const {
  if (state == GroupState::kEmpty) return !type.empty() && !protocols.empty();
  return type == protocol_type &&
         std::any_of(protocols.begin(), protocols.end(),
                     [this](const auto& known) { return all_speak(*this, known.name); });
}

std::string Group::select_protocol() const {
  std::map<std::string, int> votes;
  for (const auto& [id, member] : members) {
    for (const auto& known : member.protocols) {
      if (!all_speak(*this, known.name)) continue;
      ++votes[known.name];
      break;
    }
  }
  const auto voter = members.contains(leader) ? members.find(leader) : members.begin();
  std::string best;
  int best_votes = 0;
  for (const auto& known : voter->second.protocols) {
    const auto found = votes.find(known.name);
    if (found == votes.end() || found->second <= best_votes) continue;
    best = known.name;
    best_votes = found->second;
  }
  return best;
}

bool Group::elect_joined_leader() {
  const auto current = members.find(leader);
  if (current != members.end() && current->second.awaiting_join) return true;
  for (const auto& [id, member] : members) {
    if (!member.awaiting_join) continue;
    leader = id;
    return true;
  }
  return false;
}

std::vector<JoinGroupResponse::Member> Group::roster() const {
  std::vector<JoinGroupResponse::Member> all;
  for (const auto& [id, member] : members) {
    all.push_back({id, member.instance_id, member.subscription(protocol)});
  }
  return all;
}

StoredGroup Group::stored() const {
  StoredGroup stored{.generation = generation,
                     .protocol_type = protocol_type,
                     .protocol = protocol,
                     .leader = leader};
  for (const auto& [id, member] : members) {
    stored.members.push_back({id, member.instance_id, member.client_id, member.session_timeout,
                              member.rebalance_timeout, member.subscription(protocol),
                              member.assignment});
  }
  return stored;
}

}  // namespace rookery::mock
