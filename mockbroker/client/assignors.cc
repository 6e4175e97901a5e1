// assignors.cc
//
// Range and round robin, and the names of all.
#include "mockbroker/client/assignors.h"

#include <algorithm>
#include <set>

namespace rookery::mock {
namespace {

using Member = JoinGroupResponse::Member;

// Static members first, by instance; the rest by member id. Kafka's order, so that a static member
// that restarts gets the same partitions.
std::vector<const Member*> in_order(const std::vector<Member>& members) {
  std::vector<const Member*> sorted;
  for (const Member& member : members) sorted.push_back(&member);
  std::sort(sorted.begin(), sorted.end(), [](const Member* a, const Member* b) {
    const bool a_static = !a->group_instance_id.empty();
    const bool b_static = !b->group_instance_id.empty();
    if (a_static != b_static) return a_static;
    if (a_static && a->group_instance_id != b->group_instance_id) {
      return a->group_instance_id < b->group_instance_id;
    }
    return a->member_id < b->member_id;
  });
  return sorted;
}

bool wants(const Member& member, const std::string& topic) {
  const std::vector<std::string>& topics = member.subscription.topics;
  return std::find(topics.begin(), topics.end(), topic) != topics.end();
}

GroupAssignment empty_assignment(const std::vector<Member>& members) {
  GroupAssignment assignment;
  for (const Member& member : members) assignment[member.member_id];
  return assignment;
}

}  // namespace

GroupAssignment assign_range(const std::vector<Member>& members, const PartitionCounts& counts) {
  GroupAssignment assignment = empty_assignment(members);
  const std::vector<const Member*> sorted = in_order(members);
  for (const auto& [topic, count] : counts) {
    std::vector<const Member*> takers;
    for (const Member* member : sorted) {
      if (wants(*member, topic)) takers.push_back(member);
    }
    if (takers.empty()) continue;
    const auto share = count / static_cast<std::int32_t>(takers.size());
    const auto extra = count % static_cast<std::int32_t>(takers.size());
    PartitionId next = 0;
    for (std::size_t i = 0; i < takers.size(); ++i) {
      const std::int32_t size = share + (static_cast<std::int32_t>(i) < extra ? 1 : 0);
      for (std::int32_t j = 0; j < size; ++j) {
        assignment[takers[i]->member_id].push_back({topic, next++});
      }
    }
  }
  return assignment;
}

GroupAssignment assign_roundrobin(const std::vector<Member>& members,
                                  const PartitionCounts& counts) {
  GroupAssignment assignment = empty_assignment(members);
  const std::vector<const Member*> sorted = in_order(members);
  std::size_t next = 0;
  for (const auto& [topic, count] : counts) {
    const bool is_wanted = std::any_of(sorted.begin(), sorted.end(),
                                       [&topic = topic](auto* one) { return wants(*one, topic); });
    if (!is_wanted) continue;
    for (PartitionId partition = 0; partition < count; ++partition) {
      while (!wants(*sorted[next % sorted.size()], topic)) ++next;
      assignment[sorted[next % sorted.size()]->member_id].push_back({topic, partition});
      ++next;
    }
  }
  return assignment;
}

GroupAssignment assign_cooperative_sticky(const std::vector<Member>& members,
                                          const PartitionCounts& counts) {
  GroupAssignment assignment = assign_sticky(members, counts);
  std::map<TopicPartition, std::set<std::string>> holders;
  for (const Member& member : members) {
    for (const TopicPartition& owned : member.subscription.owned_partitions) {
      holders[owned].insert(member.member_id);
    }
  }
  for (auto& [member_id, partitions] : assignment) {
    std::erase_if(partitions, [&, &id = member_id](const TopicPartition& partition) {
      const auto found = holders.find(partition);
      if (found == holders.end()) return false;
      // Held by another, who still believes in it (or by several: none may go on unasked).
      return !found->second.contains(id) || found->second.size() > 1;
    });
  }
  return assignment;
}

bool is_known_assignor(std::string_view name) {
  return name == "range" || name == "roundrobin" || name == "cooperative-sticky";
}

bool is_cooperative(std::string_view name) { return name == "cooperative-sticky"; }

GroupAssignment assign(std::string_view name, const std::vector<Member>& members,
                       const PartitionCounts& counts) {
  if (name == "range") return assign_range(members, counts);
  if (name == "roundrobin") return assign_roundrobin(members, counts);
  return assign_cooperative_sticky(members, counts);
}

}  // namespace rookery::mock
