// sticky_assignor.cc
//
// Balance first, then as few moves as balance allows. Balanced means: no partition of one member
// could move to another that has at least two fewer (Kafka's AbstractStickyAssignor.isBalanced).
#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "mockbroker/client/assignors.h"

namespace rookery::mock {
namespace {

using Member = JoinGroupResponse::Member;

struct Owner {
  std::set<std::string> topics;
  std::set<TopicPartition> partitions;
};
using Owners = std::map<std::string, Owner>;

Owners owners_of(const std::vector<Member>& members, const PartitionCounts& counts) {
  Owners owners;
  for (const Member& member : members) {
    Owner& owner = owners[member.member_id];
    for (const std::string& topic : member.subscription.topics) {
      if (counts.contains(topic)) owner.topics.insert(topic);
    }
  }
  return owners;
}

// What members hold and may keep. Of several who claim a partition the one of the newest generation
// keeps it; claims of the same generation void each other.
void keep_held(const std::vector<Member>& members, const PartitionCounts& counts, Owners& owners) {
  struct Claim {
    const Member* member = nullptr;  // null: void
    std::int32_t generation = -1;
  };
  std::map<TopicPartition, Claim> claims;
  for (const Member& member : members) {
    const std::int32_t generation = member.subscription.generation;
    for (const TopicPartition& partition : member.subscription.owned_partitions) {
      const auto count = counts.find(partition.topic);
      const bool exists = count != counts.end() && partition.partition < count->second;
      if (!exists || !owners[member.member_id].topics.contains(partition.topic)) continue;
      const auto [claim, is_first] = claims.try_emplace(partition, Claim{&member, generation});
      if (is_first) continue;
      if (generation > claim->second.generation) {
        claim->second = {&member, generation};
      } else if (generation == claim->second.generation) {
        claim->second.member = nullptr;
      }
    }
  }
  for (const auto& [partition, claim] : claims) {
    if (claim.member) owners[claim.member->member_id].partitions.insert(partition);
  }
}

// The member with fewest partitions among those that want the topic.
Owner* least_loaded(Owners& owners, const std::string& topic) {
  Owner* least = nullptr;
  for (auto& [id, owner] : owners) {
    if (!owner.topics.contains(topic)) continue;
    if (!least || owner.partitions.size() < least->partitions.size()) least = &owner;
  }
  return least;
}

void give_out_rest(const PartitionCounts& counts, Owners& owners) {
  std::set<TopicPartition> held;
  for (const auto& [id, owner] : owners) {
    held.insert(owner.partitions.begin(), owner.partitions.end());
  }
  // What few can take goes first: it could not move later.
  std::vector<std::pair<std::size_t, TopicPartition>> rest;
  for (const auto& [topic, count] : counts) {
    const auto takers = static_cast<std::size_t>(std::count_if(
        owners.begin(), owners.end(),
        [&topic = topic](const auto& one) { return one.second.topics.contains(topic); }));
    if (takers == 0) continue;
    for (PartitionId partition = 0; partition < count; ++partition) {
      if (!held.contains({topic, partition})) rest.push_back({takers, {topic, partition}});
    }
  }
  std::sort(rest.begin(), rest.end());
  for (auto& [takers, partition] : rest) {
    Owner* const owner = least_loaded(owners, partition.topic);
    owner->partitions.insert(std::move(partition));
  }
}

// Moves one partition from a member to one with at least two fewer; false: balanced. Each move
// lowers the sum of squares of the sizes, so this ends.
bool move_one(Owners& owners) {
  std::vector<Owner*> by_size;
  for (auto& [id, owner] : owners) by_size.push_back(&owner);
  std::stable_sort(by_size.begin(), by_size.end(), [](const Owner* a, const Owner* b) {
    return a->partitions.size() > b->partitions.size();
  });
  for (Owner* from : by_size) {
    Owner* best = nullptr;
    const TopicPartition* moved = nullptr;
    for (auto partition = from->partitions.rbegin(); partition != from->partitions.rend();
         ++partition) {
      Owner* const to = least_loaded(owners, partition->topic);
      if (to->partitions.size() + 2 > from->partitions.size()) continue;
      if (best && best->partitions.size() <= to->partitions.size()) continue;
      best = to;
      moved = &*partition;
    }
    if (!best) continue;
    best->partitions.insert(from->partitions.extract(*moved));
    return true;
  }
  return false;
}

}  // namespace

GroupAssignment assign_sticky(const std::vector<Member>& members, const PartitionCounts& counts) {
  Owners owners = owners_of(members, counts);
  keep_held(members, counts, owners);
  give_out_rest(counts, owners);
  while (move_one(owners)) {
  }
  GroupAssignment assignment;
  for (auto& [id, owner] : owners) {
    assignment[id].assign(owner.partitions.begin(), owner.partitions.end());
  }
  return assignment;
}

}  // namespace rookery::mock
