// admin.cc
//
// Orders, and looking until they show.
#include <rookery/admin/admin.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace rookery {
namespace {

const TopicDescription* topic_in(const ClusterDescription& cluster, const std::string& name) {
  const auto found =
      std::find_if(cluster.topics.begin(), cluster.topics.end(),
                   [&](const TopicDescription& topic) { return topic.name == name; });
  return found == cluster.topics.end() ? nullptr : &*found;
}

// Of a topic that is to have so many partitions.
std::string missing_of(const TopicDescription* topic, std::int32_t partitions) {
  if (topic == nullptr) return "no broker knows it yet";
  const auto seen = static_cast<std::int32_t>(topic->partitions.size());
  if (seen < partitions) {
    return std::to_string(seen) + " of " + std::to_string(partitions) + " partitions are there";
  }
  std::string leaderless;
  for (const PartitionDescription& partition : topic->partitions) {
    if (partition.leader >= 0) continue;
    leaderless += (leaderless.empty() ? "" : ",") + std::to_string(partition.partition);
  }
  return leaderless.empty() ? "" : "partitions [" + leaderless + "] have no leader";
}

bool is_any(const std::vector<bool>& flags) {
  return std::find(flags.begin(), flags.end(), true) != flags.end();
}

// Whether the settings are as they were to be.
bool shows(const std::vector<ConfigEntry>& entries,
           const std::map<std::string, std::optional<std::string>>& values) {
  for (const auto& [name, value] : values) {
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const ConfigEntry& entry) { return entry.name == name; });
    const bool is_own = found != entries.end() && found->source != ConfigSource::kDefault;
    if (!value && found != entries.end() && found->source == ConfigSource::kTopic) return false;
    if (!value) continue;
    if (!is_own || (!found->is_sensitive && found->value != value)) return false;
  }
  return true;
}

// A topic that would be gone and could not be made again.
Status makeable(const NewTopic& topic, std::size_t nodes) {
  const std::string what = "topic '" + topic.name + "' was not touched: ";
  if (topic.partitions < 1) {
    return fail(ErrorCode::kInvalidPartitions,
                what + std::to_string(topic.partitions) + " partitions cannot be made");
  }
  if (topic.replication_factor == 0 || topic.replication_factor < -1 ||
      (topic.replication_factor > 0 &&
       static_cast<std::size_t>(topic.replication_factor) > nodes)) {
    return fail(ErrorCode::kInvalidReplicationFactor,
                what + std::to_string(topic.replication_factor) + " replicas on " +
                    std::to_string(nodes) + (nodes == 1 ? " broker" : " brokers"));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Admin>> Admin::make(Transport& transport, ConfigMap config,
                                           AdminLimits limits) {
  auto client = transport.make_admin(std::move(config));
  if (!client) return fail(client.error());
  return std::make_unique<Admin>(*std::move(client), limits);
}

Admin::Admin(std::unique_ptr<AdminClient> client, AdminLimits limits)
    : client_(std::move(client)), limits_(limits) {}

void Admin::close() {
  client_->close();
  MutexLock lock(mutex_);
  is_closed_ = true;
  closed_.notify_all();
}

bool Admin::is_closed() {
  MutexLock lock(mutex_);
  return is_closed_;
}

bool Admin::wait_for_retry(TimePoint deadline) {
  const TimePoint at = deadline_in(limits_.retry_backoff);
  if (at >= deadline) return false;
  MutexLock lock(mutex_);
  return !closed_.wait_until(lock, at, [&] { return is_closed_; });
}

void Admin::await_topics(const std::vector<std::string>& topics, std::vector<Status>& statuses,
                         const std::vector<Missing>& missing, const char* done,
                         TimePoint deadline) {
  std::vector<bool> open;
  for (const Status& status : statuses) open.push_back(status.has_value());
  while (is_any(open)) {
    const auto cluster = client_->describe({}, deadline);
    std::vector<std::string> left(topics.size());
    for (std::size_t i = 0; i < topics.size(); ++i) {
      if (!open[i]) continue;
      left[i] = cluster ? missing[i](topic_in(*cluster, topics[i])) : cluster.error().text();
      open[i] = !left[i].empty();
    }
    const bool is_lasting = !cluster && !cluster.error().retriable;
    if (!is_any(open) || (!is_lasting && wait_for_retry(deadline))) continue;
    for (std::size_t i = 0; i < topics.size(); ++i) {
      if (!open[i]) continue;
      const ErrorCode code = is_closed()  ? ErrorCode::kClosed
                             : is_lasting ? cluster.error().code
                                          : ErrorCode::kTimedOut;
      statuses[i] = fail(code, "topic '" + topics[i] + "' was " + done + ", but " + left[i]);
    }
    return;
  }
}

std::vector<Status> Admin::make_topics(const std::vector<NewTopic>& topics,
                                       std::vector<Status> statuses, bool is_replacing,
                                       TimePoint deadline) {
  std::vector<bool> open;
  for (const Status& status : statuses) open.push_back(status.has_value());
  std::vector<bool> was_tried(topics.size(), false);
  while (is_any(open)) {
    std::vector<NewTopic> wanted;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < topics.size(); ++i) {
      if (!open[i]) continue;
      wanted.push_back(topics[i]);
      places.push_back(i);
    }
    const std::vector<Status> answers = client_->create_topics(wanted, deadline);
    for (std::size_t k = 0; k < places.size(); ++k) {
      const Status& answer = answers[k];
      const std::size_t i = places[k];
      statuses[i] = answer;
      const bool is_there = !answer && answer.error().code == ErrorCode::kTopicAlreadyExists;
      // Made by a try of ours whose answer was lost.
      if (is_there && was_tried[i]) statuses[i] = Status();
      was_tried[i] = was_tried[i] || (!answer && answer.error().retriable);
      // A deletion that one broker shows may be under way at the controller.
      open[i] = !statuses[i] && (answer.error().retriable || (is_there && is_replacing));
    }
    if (!is_any(open) || wait_for_retry(deadline)) continue;
    for (std::size_t i = 0; i < topics.size() && is_closed(); ++i) {
      if (open[i]) statuses[i] = fail(closed());
    }
    break;
  }
  std::vector<std::string> names;
  std::vector<Missing> missing;
  for (const NewTopic& topic : topics) {
    names.push_back(topic.name);
    missing.emplace_back([partitions = topic.partitions](const TopicDescription* seen) {
      return missing_of(seen, partitions);
    });
  }
  await_topics(names, statuses, missing, "created", deadline);
  return statuses;
}

std::vector<Status> Admin::create_topics(const std::vector<NewTopic>& topics) {
  return make_topics(topics, std::vector<Status>(topics.size()), /*is_replacing=*/false,
                     deadline());
}

std::vector<Status> Admin::remove_topics(const std::vector<std::string>& topics,
                                         TimePoint deadline) {
  std::vector<Status> statuses(topics.size());
  std::vector<bool> open(topics.size(), true);
  std::vector<bool> was_tried(topics.size(), false);
  while (is_any(open)) {
    std::vector<std::string> wanted;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < topics.size(); ++i) {
      if (!open[i]) continue;
      wanted.push_back(topics[i]);
      places.push_back(i);
    }
    const std::vector<Status> answers = client_->delete_topics(wanted, deadline);
    for (std::size_t k = 0; k < places.size(); ++k) {
      const std::size_t i = places[k];
      statuses[i] = answers[k];
      const bool is_unknown =
          !answers[k] && answers[k].error().code == ErrorCode::kUnknownTopicOrPartition;
      // By a try of ours whose answer was lost.
      if (is_unknown && was_tried[i]) statuses[i] = Status();
      open[i] = !statuses[i] && !is_unknown && answers[k].error().retriable;
      was_tried[i] = was_tried[i] || open[i];
    }
    if (is_any(open) && !wait_for_retry(deadline)) break;
  }
  const std::vector<Missing> missing(topics.size(), [](const TopicDescription* seen) {
    return seen == nullptr ? std::string() : std::string("brokers still show it");
  });
  await_topics(topics, statuses, missing, "deleted", deadline);
  return statuses;
}

std::vector<Status> Admin::delete_topics(const std::vector<std::string>& topics) {
  return remove_topics(topics, deadline());
}

std::vector<Status> Admin::create_partitions(const std::vector<NewPartitions>& topics) {
  const TimePoint until = deadline();
  std::vector<Status> statuses = client_->create_partitions(topics, until);
  std::vector<std::string> names;
  std::vector<Missing> missing;
  for (const NewPartitions& topic : topics) {
    names.push_back(topic.topic);
    missing.emplace_back(
        [total = topic.total](const TopicDescription* seen) { return missing_of(seen, total); });
  }
  await_topics(names, statuses, missing, "given more partitions", until);
  return statuses;
}

std::vector<Status> Admin::reset_topics(const std::vector<NewTopic>& topics) {
  const TimePoint until = deadline();
  const auto cluster = client_->describe({}, until);
  if (!cluster) return std::vector<Status>(topics.size(), fail(cluster.error()));
  std::vector<Status> statuses;
  std::vector<std::string> names;
  for (const NewTopic& topic : topics) {
    statuses.push_back(makeable(topic, cluster->nodes.size()));
    names.push_back(topic.name);
  }
  std::vector<std::string> removable;
  for (std::size_t i = 0; i < topics.size(); ++i) {
    if (statuses[i]) removable.push_back(names[i]);
  }
  const std::vector<Status> removed = remove_topics(removable, until);
  for (std::size_t i = 0, k = 0; i < topics.size(); ++i) {
    if (!statuses[i]) continue;
    const Status& status = removed[k++];
    const bool is_unknown = !status && status.error().code == ErrorCode::kUnknownTopicOrPartition;
    if (!is_unknown) statuses[i] = status;
  }
  std::vector<bool> was_removed;
  for (const Status& status : statuses) was_removed.push_back(status.has_value());
  statuses = make_topics(topics, std::move(statuses), /*is_replacing=*/true, until);
  for (std::size_t i = 0; i < topics.size(); ++i) {
    if (statuses[i] || !was_removed[i]) continue;
    Error error = statuses[i].error();
    error.message = "topic '" + names[i] + "' was deleted and not made again: " + error.message;
    statuses[i] = fail(std::move(error));
  }
  return statuses;
}

Status Admin::replace_config(const ConfigChange& change, TimePoint deadline) {
  const auto entries = client_->configs({change.resource}, deadline);
  if (!entries.front()) return fail(entries.front().error());
  ConfigValues values{.resource = change.resource};
  for (const ConfigEntry& entry : *entries.front()) {
    if (entry.source != ConfigSource::kTopic) continue;
    if (!entry.value) {
      return fail(ErrorCode::kUnsupported,
                  change.resource.text() + ": '" + entry.name +
                      "' is sensitive and cannot be read, so that this library's way of changing "
                      "settings, all of them at once, would lose it");
    }
    values.values[entry.name] = *entry.value;
  }
  for (const auto& [name, value] : change.values) {
    if (value) {
      values.values[name] = *value;
    } else {
      values.values.erase(name);
    }
  }
  return client_->replace_configs({values}, deadline).front();
}

Status Admin::await_config(const ConfigChange& change, TimePoint deadline) {
  for (;;) {
    const auto entries = client_->configs({change.resource}, deadline).front();
    if (entries && shows(*entries, change.values)) return {};
    if (wait_for_retry(deadline)) continue;
    if (is_closed()) return fail(closed());
    return fail(ErrorCode::kTimedOut,
                change.resource.text() + " was changed, but " +
                    (entries ? "brokers do not show it yet" : entries.error().text()));
  }
}

std::vector<Status> Admin::set_configs(const std::vector<ConfigChange>& changes) {
  const TimePoint until = deadline();
  if (changes.empty()) return {};
  std::set<ConfigResource> named;
  for (const ConfigChange& change : changes) {
    if (named.insert(change.resource).second) continue;
    return std::vector<Status>(changes.size(), fail(ErrorCode::kInvalidArgument,
                                                    change.resource.text() + " is named twice"));
  }
  std::vector<Status> statuses = client_->alter_configs(changes, until);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const bool is_too_old = !statuses[i] && statuses[i].error().code == ErrorCode::kUnsupported;
    // A broker's own settings are not told apart from all brokers' well enough to be written whole.
    if (!is_too_old || changes[i].resource.kind != ConfigResourceKind::kTopic) continue;
    statuses[i] = replace_config(changes[i], until);
  }
  // The next change of a topic may begin with what a broker shows.
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (statuses[i]) statuses[i] = await_config(changes[i], until);
  }
  return statuses;
}

}  // namespace rookery
