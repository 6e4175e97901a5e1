// metadata.cc
//
// One request at a time; a failed one goes to another node at once (each connection has its own
// backoff).
#include "mockbroker/client/metadata.h"

#include <algorithm>
#include <utility>

namespace rookery::mock {

Metadata::Metadata(NetworkClient& client, Settings settings)
    : client_(client), settings_(settings) {}

void Metadata::add_interest(const std::string& topic) {
  MutexLock lock(mutex_);
  if (interest_.insert(topic).second && !is_all_) has_new_interest_ = true;
}

void Metadata::set_interest(std::set<std::string> topics, bool all) {
  MutexLock lock(mutex_);
  const bool has_grown = (all && !is_all_) || !std::includes(interest_.begin(), interest_.end(),
                                                             topics.begin(), topics.end());
  interest_ = std::move(topics);
  is_all_ = all;
  if (has_grown) has_new_interest_ = true;
}

void Metadata::request_refresh() {
  MutexLock lock(mutex_);
  is_requested_ = true;
}

void Metadata::observe_epoch(const TopicPartition& partition, std::int32_t epoch) {
  MutexLock lock(mutex_);
  const Leader* known = find_locked(partition);
  if (epoch < 0 || (known && known->epoch >= epoch)) return;
  std::int32_t& observed = observed_.try_emplace(partition, epoch).first->second;
  observed = std::max(observed, epoch);
  is_requested_ = true;
}

const Metadata::Leader* Metadata::find_locked(const TopicPartition& partition) const {
  const auto found = topics_.find(partition.topic);
  if (found == topics_.end()) return nullptr;
  const auto index = static_cast<std::size_t>(partition.partition);
  if (partition.partition < 0 || index >= found->second.partitions.size()) return nullptr;
  return &found->second.partitions[index];
}

std::optional<Metadata::Leader> Metadata::leader(const TopicPartition& partition) const {
  MutexLock lock(mutex_);
  const Leader* leader = find_locked(partition);
  if (!leader || leader->node < 0 || observed_.contains(partition)) return std::nullopt;
  return *leader;
}

std::optional<std::int32_t> Metadata::partition_count(const std::string& topic) const {
  MutexLock lock(mutex_);
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return std::nullopt;
  return static_cast<std::int32_t>(found->second.partitions.size());
}

std::map<std::string, std::int32_t> Metadata::partition_counts(
    const std::set<std::string>& topics) const {
  MutexLock lock(mutex_);
  std::map<std::string, std::int32_t> counts;
  for (const std::string& topic : topics) {
    const auto found = topics_.find(topic);
    if (found != topics_.end()) {
      counts[topic] = static_cast<std::int32_t>(found->second.partitions.size());
    }
  }
  return counts;
}

std::vector<std::string> Metadata::topics() const {
  MutexLock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, topic] : topics_) names.push_back(name);
  return names;
}

std::map<std::string, ErrorCode> Metadata::topic_errors() const {
  MutexLock lock(mutex_);
  return errors_;
}

NodeId Metadata::controller() const {
  MutexLock lock(mutex_);
  return controller_;
}

std::uint64_t Metadata::version() const {
  MutexLock lock(mutex_);
  return version_;
}

TimePoint Metadata::due_locked(TimePoint at) const {
  if (is_under_way_) return kNever;
  if (interest_.empty() && !is_all_ && !is_requested_) return kNever;
  if (has_new_interest_ || version_ == 0) return at;
  if (is_requested_) return saturating_add(last_refresh_, settings_.retry_backoff);
  return saturating_add(last_refresh_,
                        errors_.empty() ? settings_.refresh_interval : settings_.unknown_interval);
}

TimePoint Metadata::drive() {
  const TimePoint at = now();
  {
    MutexLock lock(mutex_);
    const TimePoint due = due_locked(at);
    if (due > at) return due;
  }
  const NetworkClient::Pick pick = client_.pick_node();
  if (!pick.node) return pick.next_ready;
  MetadataRequest request;
  {
    MutexLock lock(mutex_);
    if (is_under_way_) return kNever;  // another thread was quicker
    is_under_way_ = true;
    is_requested_ = false;
    has_new_interest_ = false;
    if (!is_all_) request.topics.emplace(interest_.begin(), interest_.end());
  }
  client_.send({*pick.node, kControlChannel}, std::move(request), settings_.request_timeout,
               [this](Result<Response> response) { handle(std::move(response)); });
  return kNever;
}

void Metadata::handle(Result<Response> response) {
  const TimePoint at = now();
  const MetadataResponse* answer = response ? std::get_if<MetadataResponse>(&*response) : nullptr;
  if (answer) client_.set_nodes(answer->nodes);
  MutexLock lock(mutex_);
  is_under_way_ = false;
  if (!answer) {
    has_new_interest_ = true;
    return;
  }
  last_refresh_ = at;
  update_locked(*answer);
}

void Metadata::update_locked(const MetadataResponse& answer) {
  ++version_;
  controller_ = answer.controller;
  const std::map<std::string, Topic> before =
      is_all_ ? std::exchange(topics_, {}) : std::map<std::string, Topic>();
  errors_.clear();
  bool is_leaderless = false;
  for (const MetadataResponse::Topic& from : answer.topics) {
    if (from.error && *from.error != ErrorCode::kLeaderNotAvailable) {
      errors_[from.name] = *from.error;
      topics_.erase(from.name);
      continue;
    }
    Topic& topic = topics_[from.name];
    if (const auto known = before.find(from.name); known != before.end()) topic = known->second;
    if (topic.id != from.id) {
      topic.partitions.clear();
      // Of another topic of that name, unless this is the first that is heard of it.
      if (topic.id != 0)
        std::erase_if(observed_, [&](const auto& one) { return one.first.topic == from.name; });
    }
    topic.id = from.id;
    topic.partitions.resize(from.partitions.size());
    for (const MetadataResponse::Partition& partition : from.partitions) {
      const auto index = static_cast<std::size_t>(partition.partition);
      if (index >= topic.partitions.size()) topic.partitions.resize(index + 1);
      // A node that is cut off tells of leaders of before (KIP-320).
      if (partition.leader_epoch < topic.partitions[index].epoch) continue;
      topic.partitions[index] = {partition.leader, partition.leader_epoch};
      if (partition.leader < 0) is_leaderless = true;
    }
  }
  std::erase_if(observed_, [this](const auto& one) {
    const Leader* leader = find_locked(one.first);
    return leader && leader->epoch >= one.second;
  });
  if (is_leaderless) is_requested_ = true;
}

}  // namespace rookery::mock
