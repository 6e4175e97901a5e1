// group_moves.cc
//
// Plans from what groups have and logs hold; then one write.
#include <rookery/admin/group_moves.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace rookery {
namespace {

using Offsets = std::map<TopicPartition, GroupOffset>;

struct GroupNow {
  ConsumerGroupDescription description;
  Offsets offsets;

  bool is_there() const { return description.state != "Dead" || !offsets.empty(); }
};

Result<std::vector<GroupNow>> read_groups(Admin& admin, const std::vector<std::string>& groups,
                                          TimePoint deadline) {
  auto descriptions = admin.client().describe_groups(groups, deadline);
  const auto offsets = admin.client().group_offsets(groups, deadline);
  std::vector<GroupNow> all;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (!descriptions[i]) return fail(descriptions[i].error());
    if (!offsets[i]) return fail(offsets[i].error());
    GroupNow& group = all.emplace_back();
    group.description = *std::move(descriptions[i]);
    for (const GroupOffset& offset : *offsets[i]) group.offsets[offset.partition] = offset;
  }
  return all;
}

tl::unexpected<Error> not_found(const std::string& group) {
  return fail(ErrorCode::kGroupIdNotFound, "group '" + group + "' does not exist");
}

// Topics of the cluster with their numbers of partitions.
Result<std::map<std::string, std::size_t>> read_topics(Admin& admin, TimePoint deadline) {
  const auto cluster = admin.persist<ClusterDescription>(
      deadline, [&] { return admin.client().describe({}, deadline); });
  if (!cluster) return fail(cluster.error());
  std::map<std::string, std::size_t> topics;
  for (const TopicDescription& topic : cluster->topics) {
    topics[topic.name] = topic.partitions.size();
  }
  return topics;
}

Status write_offsets(Admin& admin, const std::string& group, std::vector<GroupOffset> offsets,
                     TimePoint deadline) {
  if (offsets.empty()) return {};
  return admin.client().alter_group_offsets({{group, std::move(offsets)}}, deadline).front();
}

// ---- Seeking

Result<std::vector<TopicPartition>> chosen_partitions(
    const std::string& name, const GroupNow& group,
    const std::map<std::string, std::size_t>& topics, const GroupSeekOptions& options) {
  std::set<TopicPartition> chosen(options.partitions.begin(), options.partitions.end());
  std::set<std::string> whole(options.topics.begin(), options.topics.end());
  if (chosen.empty() && whole.empty()) {
    // Those of topics that are gone have nowhere to go.
    for (const auto& [partition, offset] : group.offsets) {
      if (topics.contains(partition.topic)) whole.insert(partition.topic);
    }
    if (whole.empty()) {
      if (!group.is_there()) return not_found(name);
      return fail(ErrorCode::kInvalidArgument,
                  "group '" + name + "' has committed nothing in topics that exist: name topics");
    }
  }
  for (const std::string& topic : whole) {
    const auto found = topics.find(topic);
    if (found == topics.end()) {
      return fail(ErrorCode::kUnknownTopicOrPartition, "topic '" + topic + "' does not exist");
    }
    for (std::size_t i = 0; i < found->second; ++i) {
      chosen.insert({topic, static_cast<PartitionId>(i)});
    }
  }
  for (const TopicPartition& partition : chosen) {
    const auto found = topics.find(partition.topic);
    if (found != topics.end() && partition.partition >= 0 &&
        static_cast<std::size_t>(partition.partition) < found->second) {
      continue;
    }
    return fail(ErrorCode::kUnknownTopicOrPartition,
                "partition " + partition.text() + " does not exist");
  }
  return std::vector<TopicPartition>(chosen.begin(), chosen.end());
}

std::string range_text(const Watermarks& log) {
  return log.partition.text() + " has offsets " + std::to_string(log.low) + " to " +
         std::to_string(log.high);
}

// None: this partition stays where it is.
std::optional<Offset> target_of(const GroupSeek& seek, const Watermarks& log,
                                const std::optional<Offset>& committed,
                                const std::optional<Offset>& at_time) {
  switch (seek.to) {
    case GroupSeek::To::kEarliest:
      return log.low;
    case GroupSeek::To::kLatest:
      return log.high;
    case GroupSeek::To::kOffset:
      return seek.value;
    case GroupSeek::To::kTime:
      return at_time.value_or(log.high);
    case GroupSeek::To::kShift:
      break;
  }
  if (!committed) return std::nullopt;
  // Begins within the log, so nothing overflows.
  const Offset begin = std::clamp(*committed, log.low, log.high);
  return begin + std::clamp(seek.value, log.low - begin, log.high - begin);
}

Result<std::vector<OffsetMove>> plan_seek(Admin& admin, const GroupNow& group,
                                          const std::vector<TopicPartition>& partitions,
                                          const GroupSeek& seek, TimePoint deadline) {
  const auto logs = admin.persist<std::vector<Watermarks>>(
      deadline, [&] { return admin.client().watermarks(partitions, deadline); });
  if (!logs) return fail(logs.error());
  std::vector<std::optional<Offset>> at_time(partitions.size());
  if (seek.to == GroupSeek::To::kTime) {
    auto found = admin.persist<std::vector<std::optional<Offset>>>(
        deadline, [&] { return admin.client().offsets_for_time(partitions, seek.time, deadline); });
    if (!found) return fail(found.error());
    at_time = *std::move(found);
  }
  std::vector<OffsetMove> moves;
  std::string outside;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const Watermarks& log = (*logs)[i];
    const auto committed = group.offsets.find(partitions[i]);
    const auto from = committed == group.offsets.end()
                          ? std::nullopt
                          : std::optional<Offset>(committed->second.offset);
    const std::optional<Offset> to = target_of(seek, log, from, at_time[i]);
    if (!to) continue;
    // A time may find a record that came since.
    const bool is_stated = seek.to == GroupSeek::To::kOffset;
    if (is_stated && (*to < log.low || *to > log.high)) {
      outside += (outside.empty() ? "" : ", ") + range_text(log);
    }
    // One that is there already may have done more: that is to be forgotten.
    const bool is_clean = from && committed->second.metadata.empty();
    if (from == to && is_clean) continue;
    moves.push_back({partitions[i], from, *to});
  }
  if (outside.empty()) return moves;
  return fail(ErrorCode::kOffsetOutOfRange,
              "offset " + std::to_string(seek.value) + ": " + outside);
}

// ---- Copying

Result<GroupCopy> plan_copy(const std::string& from, const std::string& to, const GroupNow& source,
                            const GroupNow& target,
                            const std::map<std::string, std::size_t>& topics,
                            const GroupCopyOptions& options) {
  if (!source.is_there()) return not_found(from);
  if (Status empty = require_no_members(target.description); !empty) return fail(empty.error());
  const std::set<std::string> wanted(options.topics.begin(), options.topics.end());
  GroupCopy copy;
  std::string differing;
  for (const auto& [partition, offset] : source.offsets) {
    if (!wanted.empty() && !wanted.contains(partition.topic)) continue;
    const auto topic = topics.find(partition.topic);
    if (topic == topics.end() || static_cast<std::size_t>(partition.partition) >= topic->second) {
      copy.gone.push_back(partition);
      continue;
    }
    const auto present = target.offsets.find(partition);
    if (present == target.offsets.end()) {
      copy.moves.push_back({partition, std::nullopt, offset.offset});
      continue;
    }
    if (present->second == offset) {
      copy.unchanged.push_back(partition);
      continue;
    }
    copy.moves.push_back({partition, present->second.offset, offset.offset});
    differing += (differing.empty() ? "" : ", ") + partition.text() + " at " +
                 std::to_string(present->second.offset);
  }
  if (!differing.empty() && !options.is_forced) {
    return fail(ErrorCode::kState,
                "group '" + to + "' has offsets of its own: " + differing + "; force overwrites");
  }
  return copy;
}

Status check_names(const std::string& from, const std::string& to) {
  if (from.empty() || to.empty()) {
    return fail(ErrorCode::kInvalidGroupId, "a group without a name");
  }
  if (from == to) return fail(ErrorCode::kInvalidArgument, "group '" + from + "' to itself");
  return {};
}

// `is_leaving`: the source must have no members.
Result<GroupCopy> copy(Admin& admin, const std::string& from, const std::string& to,
                       const GroupCopyOptions& options, bool is_leaving, TimePoint deadline) {
  if (Status named = check_names(from, to); !named) return fail(named.error());
  const auto groups = read_groups(admin, {from, to}, deadline);
  if (!groups) return fail(groups.error());
  const GroupNow& source = groups->front();
  if (is_leaving) {
    if (Status empty = require_no_members(source.description); !empty) return fail(empty.error());
  }
  const auto topics = read_topics(admin, deadline);
  if (!topics) return fail(topics.error());
  auto plan = plan_copy(from, to, source, groups->back(), *topics, options);
  if (plan && is_leaving && !plan->gone.empty() && !options.is_forced) {
    return fail(ErrorCode::kState, "group '" + from + "': its offsets in " + text(plan->gone) +
                                       ", which no broker shows, would be lost; force drops them");
  }
  if (!plan || options.is_dry_run) return plan;
  std::vector<GroupOffset> offsets;
  for (const OffsetMove& move : plan->moves) offsets.push_back(source.offsets.at(move.partition));
  if (Status written = write_offsets(admin, to, std::move(offsets), deadline); !written) {
    return fail(written.error());
  }
  return plan;
}

}  // namespace

Result<std::vector<OffsetMove>> seek_group(Admin& admin, const std::string& group,
                                           const GroupSeek& seek, const GroupSeekOptions& options) {
  const TimePoint deadline = admin.deadline();
  const auto groups = read_groups(admin, {group}, deadline);
  if (!groups) return fail(groups.error());
  const GroupNow& now = groups->front();
  if (Status empty = require_no_members(now.description); !empty) return fail(empty.error());
  const auto topics = read_topics(admin, deadline);
  if (!topics) return fail(topics.error());
  const auto partitions = chosen_partitions(group, now, *topics, options);
  if (!partitions) return fail(partitions.error());
  auto moves = plan_seek(admin, now, *partitions, seek, deadline);
  if (!moves || options.is_dry_run) return moves;
  std::vector<GroupOffset> offsets;
  for (const OffsetMove& move : *moves) offsets.push_back({move.partition, move.to});
  if (Status written = write_offsets(admin, group, std::move(offsets), deadline); !written) {
    return fail(written.error());
  }
  return moves;
}

Result<GroupCopy> copy_group(Admin& admin, const std::string& from, const std::string& to,
                             const GroupCopyOptions& options) {
  return copy(admin, from, to, options, /*is_leaving=*/false, admin.deadline());
}

Result<GroupCopy> rename_group(Admin& admin, const std::string& from, const std::string& to,
                               const GroupCopyOptions& options) {
  if (!options.topics.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "rename group '" + from + "': it goes as a whole; copy takes some topics");
  }
  const TimePoint deadline = admin.deadline();
  auto copied = copy(admin, from, to, options, /*is_leaving=*/true, deadline);
  if (!copied || options.is_dry_run) return copied;
  const Status deleted = admin.client().delete_groups({from}, deadline).front();
  // An answer that was lost is asked for again, and then it is gone.
  if (deleted || deleted.error().code == ErrorCode::kGroupIdNotFound) return copied;
  return fail(deleted.error().code, "both groups are there now, '" + from +
                                        "' could not be deleted: " + deleted.error().message);
}

}  // namespace rookery
