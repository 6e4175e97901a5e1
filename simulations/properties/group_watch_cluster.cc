// group_watch_cluster.cc
//
// What the cluster tells of its groups, and what must hold then.
#include <algorithm>
#include <set>
#include <string>

#include "simulations/properties/group_watch.h"

namespace rookery::sim {

void GroupWatch::committed(const mock::CommitEvent& event) {
  records_.committed(event);
  const auto group = assignments_.find(event.group);
  if (group == assignments_.end()) return;
  if (event.generation != completed_.at(event.group)) {
    fail("commits count only in their generation",
         event.partition.text() + " is committed by " + event.member_id + " of generation " +
             std::to_string(event.generation) + ", and the group is at " +
             std::to_string(completed_.at(event.group)));
  }
  for (const auto& [member, partitions] : group->second) {
    if (member == event.member_id) continue;
    if (std::find(partitions.begin(), partitions.end(), event.partition) == partitions.end()) {
      continue;
    }
    fail("commits count only from the owner", event.partition.text() + " is committed by " +
                                                  event.member_id + ", and is " + member + "'s");
  }
}

void GroupWatch::generation_completed(const mock::GenerationEvent& event) {
  ++generations_;
  note("group " + event.group, "completes generation " + std::to_string(event.generation) +
                                   " with " + std::to_string(event.assignments.size()) +
                                   " members");
  std::set<TopicPartition> seen;
  for (const auto& [member, partitions] : event.assignments) {
    for (const TopicPartition& partition : partitions) {
      if (!seen.insert(partition).second) {
        fail("assignments are disjoint", partition.text() + " is assigned twice in generation " +
                                             std::to_string(event.generation));
      }
    }
  }
  const bool is_eager = event.protocol != "cooperative-sticky";
  if (is_eager && seen.size() != static_cast<std::size_t>(options_.partitions)) {
    fail("assignments cover all partitions", "generation " + std::to_string(event.generation) +
                                                 " of group " + event.group + " assigns " +
                                                 std::to_string(seen.size()) + " partitions");
  }
  assignments_[event.group] = event.assignments;
  completed_[event.group] = event.generation;
}

// A generation whose assignment was not written yet is unknown to the next coordinator.
void GroupWatch::coordinator_moved(const mock::CoordinatorEvent&) {
  for (auto& [name, one] : clients_) one.may_fall = true;
}

void GroupWatch::member_joined(const mock::MemberEvent& event) {
  Client& one = clients_[event.client_id];
  one.member_id = event.member_id;
  one.is_removed = false;
}

void GroupWatch::member_removed(const mock::MemberEvent& event) {
  Client& one = clients_[event.client_id];
  if (const auto group = assignments_.find(event.group); group != assignments_.end()) {
    group->second.erase(event.member_id);
  }
  // Not who it was once.
  if (one.member_id == event.member_id) {
    one.is_removed = true;
    one.is_stable = false;
  }
  note(event.client_id, std::string("is removed by the coordinator: ") + mock::name(event.why));
}

}  // namespace rookery::sim
