// group_lags.cc
//
// Questions for all groups at once, joined by partition.
#include <rookery/admin/group_lags.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace rookery {
namespace {

using Offsets = std::map<TopicPartition, Offset>;

struct GroupState {
  ConsumerGroupDescription description;
  Offsets committed;
  std::map<TopicPartition, std::string> holders;
};

Result<GroupState> state_of(const std::string& name, Result<ConsumerGroupDescription> description,
                            const Result<std::vector<GroupOffset>>& offsets) {
  if (!description) return fail(description.error());
  if (!offsets) return fail(offsets.error());
  if (description->state == "Dead" && offsets->empty()) {
    return fail(ErrorCode::kGroupIdNotFound, "group '" + name + "' does not exist");
  }
  GroupState state{.description = *std::move(description)};
  for (const GroupOffset& offset : *offsets) state.committed[offset.partition] = offset.offset;
  for (const ConsumerGroupMember& member : state.description.members) {
    for (const TopicPartition& partition : member.assignment) {
      state.holders[partition] = member.client_id;
    }
  }
  return state;
}

// What is known of the partitions of some topics.
struct Ends {
  std::map<std::string, TopicDescription> topics;
  std::map<TopicPartition, Watermarks> watermarks;
};

// Both in one go: a topic may be deleted between the two, which the next try knows.
Result<Ends> ends_of(AdminClient& client, const std::set<std::string>& names, TimePoint deadline) {
  auto cluster = client.describe({}, deadline);
  if (!cluster) return fail(cluster.error());
  Ends ends;
  std::vector<TopicPartition> asked;
  for (TopicDescription& topic : cluster->topics) {
    if (!names.contains(topic.name)) continue;
    for (const PartitionDescription& partition : topic.partitions) {
      if (partition.leader >= 0) asked.push_back({topic.name, partition.partition});
    }
    ends.topics.emplace(topic.name, std::move(topic));
  }
  if (asked.empty()) return ends;
  const auto watermarks = client.watermarks(asked, deadline);
  if (!watermarks) return fail(watermarks.error());
  for (const Watermarks& one : *watermarks) ends.watermarks[one.partition] = one;
  return ends;
}

std::set<TopicPartition> partitions_of(const GroupState& state, const Ends& ends) {
  std::set<TopicPartition> all;
  std::set<std::string> topics;
  for (const auto& [partition, offset] : state.committed) {
    all.insert(partition);
    topics.insert(partition.topic);
  }
  for (const auto& [partition, member] : state.holders) topics.insert(partition.topic);
  for (const std::string& topic : topics) {
    const auto found = ends.topics.find(topic);
    if (found == ends.topics.end()) continue;
    for (const PartitionDescription& partition : found->second.partitions) {
      all.insert({topic, partition.partition});
    }
  }
  return all;
}

std::string why_missing(const TopicPartition& partition, const Ends& ends) {
  const auto topic = ends.topics.find(partition.topic);
  if (topic == ends.topics.end()) return "the topic does not exist";
  for (const PartitionDescription& one : topic->second.partitions) {
    if (one.partition == partition.partition) return "no leader";
  }
  return "the partition does not exist";
}

GroupLag lag_of(GroupState state, const Ends& ends) {
  GroupLag lag{.group = state.description.group,
               .state = std::move(state.description.state),
               .members = state.description.members.size()};
  for (const TopicPartition& partition : partitions_of(state, ends)) {
    PartitionLag& one = lag.partitions.emplace_back();
    one.partition = partition;
    if (const auto at = state.committed.find(partition); at != state.committed.end()) {
      one.committed = at->second;
    }
    if (const auto at = state.holders.find(partition); at != state.holders.end()) {
      one.member = at->second;
    }
    if (const auto at = ends.watermarks.find(partition); at != ends.watermarks.end()) {
      one.watermarks = at->second;
    } else {
      one.missing = why_missing(partition, ends);
    }
  }
  return lag;
}

}  // namespace

std::optional<std::int64_t> PartitionLag::lag() const {
  if (!committed || !watermarks) return std::nullopt;
  return watermarks->high - *committed;
}

std::int64_t GroupLag::total() const {
  std::int64_t sum = 0;
  for (const PartitionLag& partition : partitions)
    sum += std::max<std::int64_t>(partition.lag().value_or(0), 0);
  return sum;
}

std::vector<Result<GroupLag>> group_lags(Admin& admin, const std::vector<std::string>& groups) {
  const TimePoint deadline = admin.deadline();
  auto descriptions = admin.client().describe_groups(groups, deadline);
  const auto offsets = admin.client().group_offsets(groups, deadline);
  std::vector<Result<GroupState>> states;
  std::set<std::string> names;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    states.push_back(state_of(groups[i], std::move(descriptions[i]), offsets[i]));
    if (!states[i]) continue;
    for (const auto& [partition, offset] : states[i]->committed) names.insert(partition.topic);
    for (const auto& [partition, member] : states[i]->holders) names.insert(partition.topic);
  }
  const auto failed = [&](const Error& error) {
    std::vector<Result<GroupLag>> all;
    for (const auto& state : states) all.push_back(fail(state ? error : state.error()));
    return all;
  };
  const auto ends =
      admin.persist<Ends>(deadline, [&] { return ends_of(admin.client(), names, deadline); });
  if (!ends) return failed(ends.error());
  std::vector<Result<GroupLag>> lags;
  for (auto& state : states) {
    if (state) {
      lags.emplace_back(lag_of(*std::move(state), *ends));
    } else {
      lags.emplace_back(fail(state.error()));
    }
  }
  return lags;
}

}  // namespace rookery
