// declared_topics.cc
//
// What differs, and the orders that follow from it.
#include <rookery/admin/declared_topics.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <utility>

namespace rookery {
namespace {

ConfigResource topic_resource(const std::string& topic) {
  return {ConfigResourceKind::kTopic, topic};
}

std::int32_t replicas_of(const TopicDescription& topic) {
  return topic.partitions.empty()
             ? 0
             : static_cast<std::int32_t>(topic.partitions.front().replicas.size());
}

// Declared topics as they are now, with their settings.
class Picture {
 public:
  static Result<Picture> take(Admin& admin, const std::vector<NewTopic>& declared) {
    const TimePoint deadline = admin.deadline();
    return admin.persist<Picture>(deadline,
                                  [&] { return take(admin.client(), declared, deadline); });
  }

  const TopicDescription* topic(const std::string& name) const {
    for (const TopicDescription& one : cluster_.topics) {
      if (one.name == name) return &one;
    }
    return nullptr;
  }
  const Result<std::vector<ConfigEntry>>& configs(const std::string& name) const {
    return configs_.at(name);
  }

 private:
  // Brokers learn of topics one after the other: a topic that one described and the next does not
  // know is an error of the whole, which may pass.
  static Result<Picture> take(AdminClient& client, const std::vector<NewTopic>& declared,
                              TimePoint deadline) {
    Picture picture;
    auto cluster = client.describe({}, deadline);
    if (!cluster) return fail(cluster.error());
    picture.cluster_ = *std::move(cluster);
    std::vector<ConfigResource> asked;
    std::vector<std::string> names;
    for (const TopicDescription& topic : picture.cluster_.topics) {
      const bool is_meant = std::any_of(declared.begin(), declared.end(), [&](const NewTopic& one) {
        return one.name == topic.name;
      });
      if (!is_meant) continue;
      asked.push_back(topic_resource(topic.name));
      names.push_back(topic.name);
    }
    if (asked.empty()) return picture;
    auto configs = client.configs(asked, deadline);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!configs[i] && configs[i].error().code == ErrorCode::kUnknownTopicOrPartition) {
        return fail(configs[i].error());
      }
      picture.configs_.emplace(names[i], std::move(configs[i]));
    }
    return picture;
  }

  ClusterDescription cluster_;
  std::map<std::string, Result<std::vector<ConfigEntry>>> configs_;
};

Result<std::vector<ConfigDifference>> differences(const NewTopic& declared,
                                                  const std::vector<ConfigEntry>& present) {
  std::vector<ConfigDifference> all;
  for (const auto& [name, value] : declared.config) {
    const auto found = std::find_if(present.begin(), present.end(),
                                    [&](const ConfigEntry& entry) { return entry.name == name; });
    if (found == present.end()) {
      return fail(ErrorCode::kInvalidConfig,
                  "topic '" + declared.name + "': the brokers know no setting '" + name + "'");
    }
    if (found->value && *found->value == value) continue;
    all.push_back({name, found->value, value});
  }
  return all;
}

// ---- Carrying out

std::string partitions_text(std::int32_t count) {
  return std::to_string(count) + (count == 1 ? " partition" : " partitions");
}

std::string created_text(const TopicPlan& plan) {
  return "created with " + partitions_text(plan.declared.partitions);
}

std::string grown_text(const TopicPlan& plan) {
  return "grown from " + std::to_string(plan.partitions) + " to " +
         partitions_text(plan.declared.partitions);
}

std::string config_text(const ConfigDifference& difference) {
  return "given " + difference.name + "=" + difference.declared + " (was " +
         difference.present.value_or("hidden") + ")";
}

bool is_creating(TopicsOrder order, const TopicPlan& plan) {
  return !plan.is_there && (order == TopicsOrder::kCreate || order == TopicsOrder::kMigrate);
}
bool is_deleting(TopicsOrder order, const TopicPlan& plan) {
  return plan.is_there && order == TopicsOrder::kDelete;
}
bool is_resetting(TopicsOrder order) { return order == TopicsOrder::kReset; }
bool is_growing(TopicsOrder order, const TopicPlan& plan) {
  return plan.is_growing() &&
         (order == TopicsOrder::kRepartition || order == TopicsOrder::kMigrate);
}
bool is_aligning(TopicsOrder order, const TopicPlan& plan) {
  return plan.is_there && !plan.configs.empty() &&
         (order == TopicsOrder::kAlign || order == TopicsOrder::kMigrate);
}

// Gathers the topics of one kind of order, sends it once, and gives each its outcome.
template <class Wanted>
class Step {
 public:
  void add(std::size_t place, Wanted wanted, std::vector<std::string> changes) {
    places_.push_back(place);
    wanted_.push_back(std::move(wanted));
    changes_.push_back(std::move(changes));
  }
  void run(std::vector<TopicOutcome>& outcomes,
           const std::function<std::vector<Status>(const std::vector<Wanted>&)>& send) {
    if (wanted_.empty()) return;
    const std::vector<Status> statuses = send(wanted_);
    for (std::size_t i = 0; i < places_.size(); ++i) {
      TopicOutcome& outcome = outcomes[places_[i]];
      if (statuses[i]) {
        outcome.changes.insert(outcome.changes.end(), changes_[i].begin(), changes_[i].end());
      } else if (!outcome.error) {
        outcome.error = statuses[i].error();
      }
    }
  }

 private:
  std::vector<std::size_t> places_;
  std::vector<Wanted> wanted_;
  std::vector<std::vector<std::string>> changes_;
};

// ---- Health

std::optional<std::int64_t> number_of(const std::vector<ConfigEntry>& configs,
                                      const std::string& name) {
  for (const ConfigEntry& entry : configs) {
    if (entry.name != name || !entry.value) continue;
    std::int64_t value = 0;
    const char* end = entry.value->data() + entry.value->size();
    const auto [at, error] = std::from_chars(entry.value->data(), end, value);
    if (error == std::errc() && at == end) return value;
  }
  return std::nullopt;
}

std::string list_text(const std::string& topic, const std::vector<PartitionId>& partitions) {
  std::vector<TopicPartition> all;
  for (const PartitionId partition : partitions) all.push_back({topic, partition});
  return text(std::move(all));
}

void add_replica_problems(const TopicDescription& topic, std::vector<std::string>& problems) {
  std::vector<PartitionId> leaderless;
  std::vector<PartitionId> behind;
  for (const PartitionDescription& partition : topic.partitions) {
    if (partition.leader < 0) leaderless.push_back(partition.partition);
    if (partition.in_sync_replicas.size() < partition.replicas.size()) {
      behind.push_back(partition.partition);
    }
  }
  if (!leaderless.empty()) problems.push_back("no leader: " + list_text(topic.name, leaderless));
  if (!behind.empty()) problems.push_back("replicas out of sync: " + list_text(topic.name, behind));
}

}  // namespace

std::vector<std::string> TopicPlan::remarks() const {
  std::vector<std::string> all;
  if (!is_there) return all;
  if (partitions > declared.partitions) {
    all.push_back("has " + partitions_text(partitions) + ", more than the " +
                  std::to_string(declared.partitions) +
                  " that are declared: partitions never become fewer");
  }
  if (declared.replication_factor > 0 && replication_factor != declared.replication_factor) {
    all.push_back("has replication factor " + std::to_string(replication_factor) + ", not " +
                  std::to_string(declared.replication_factor) +
                  ": kafka-reassign-partitions changes that");
  }
  return all;
}

std::string_view name(TopicsOrder order) {
  switch (order) {
    case TopicsOrder::kCreate:
      return "create";
    case TopicsOrder::kDelete:
      return "delete";
    case TopicsOrder::kReset:
      return "reset";
    case TopicsOrder::kRepartition:
      return "repartition";
    case TopicsOrder::kAlign:
      return "align";
    case TopicsOrder::kMigrate:
      return "migrate";
  }
  return "";
}

std::vector<Result<TopicPlan>> plan_topics(Admin& admin, const std::vector<NewTopic>& declared) {
  std::vector<Result<TopicPlan>> plans;
  const auto picture = Picture::take(admin, declared);
  for (const NewTopic& topic : declared) {
    if (!picture) {
      plans.emplace_back(fail(picture.error()));
      continue;
    }
    TopicPlan plan{.declared = topic};
    const TopicDescription* present = picture->topic(topic.name);
    if (present == nullptr) {
      plans.emplace_back(std::move(plan));
      continue;
    }
    plan.is_there = true;
    plan.partitions = static_cast<std::int32_t>(present->partitions.size());
    plan.replication_factor = replicas_of(*present);
    const auto& configs = picture->configs(topic.name);
    auto differing = configs ? differences(topic, *configs)
                             : Result<std::vector<ConfigDifference>>(fail(configs.error()));
    if (!differing) {
      plans.emplace_back(fail(differing.error()));
      continue;
    }
    plan.configs = *std::move(differing);
    plans.emplace_back(std::move(plan));
  }
  return plans;
}

std::vector<std::string> changes_of(TopicsOrder order, const TopicPlan& plan) {
  std::vector<std::string> changes;
  if (is_resetting(order) && plan.is_there) changes.emplace_back("deleted");
  if (is_deleting(order, plan)) changes.emplace_back("deleted");
  if (is_creating(order, plan) || is_resetting(order)) changes.push_back(created_text(plan));
  if (is_growing(order, plan)) changes.push_back(grown_text(plan));
  if (is_aligning(order, plan)) {
    for (const ConfigDifference& difference : plan.configs) {
      changes.push_back(config_text(difference));
    }
  }
  return changes;
}

std::vector<TopicOutcome> carry_out(Admin& admin, TopicsOrder order,
                                    const std::vector<TopicPlan>& plans) {
  std::vector<TopicOutcome> outcomes;
  Step<NewTopic> create;
  Step<NewTopic> reset;
  Step<std::string> remove;
  Step<NewPartitions> grow;
  Step<ConfigChange> align;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const TopicPlan& plan = plans[i];
    const std::string& topic = plan.declared.name;
    outcomes.push_back({.topic = topic});
    if (is_creating(order, plan)) create.add(i, plan.declared, {created_text(plan)});
    if (is_resetting(order)) reset.add(i, plan.declared, changes_of(order, plan));
    if (is_deleting(order, plan)) remove.add(i, topic, {"deleted"});
    if (is_growing(order, plan)) {
      grow.add(i, {topic, plan.declared.partitions}, {grown_text(plan)});
    }
    if (!is_aligning(order, plan)) continue;
    ConfigChange change{.resource = topic_resource(topic)};
    for (const ConfigDifference& difference : plan.configs) {
      change.values[difference.name] = difference.declared;
    }
    align.add(i, std::move(change), changes_of(TopicsOrder::kAlign, plan));
  }
  create.run(outcomes, [&](const auto& topics) { return admin.create_topics(topics); });
  reset.run(outcomes, [&](const auto& topics) { return admin.reset_topics(topics); });
  remove.run(outcomes, [&](const auto& topics) { return admin.delete_topics(topics); });
  grow.run(outcomes, [&](const auto& topics) { return admin.create_partitions(topics); });
  align.run(outcomes, [&](const auto& changes) { return admin.set_configs(changes); });
  return outcomes;
}

std::vector<Result<TopicHealth>> check_topics(Admin& admin, const std::vector<NewTopic>& declared) {
  std::vector<Result<TopicHealth>> all;
  const auto picture = Picture::take(admin, declared);
  for (const NewTopic& topic : declared) {
    if (!picture) {
      all.emplace_back(fail(picture.error()));
      continue;
    }
    TopicHealth health{.topic = topic.name};
    const TopicDescription* present = picture->topic(topic.name);
    if (present == nullptr) {
      health.problems.emplace_back("it does not exist");
      all.emplace_back(std::move(health));
      continue;
    }
    const auto& configs = picture->configs(topic.name);
    if (!configs) {
      all.emplace_back(fail(configs.error()));
      continue;
    }
    add_replica_problems(*present, health.problems);
    const std::int64_t replicas = replicas_of(*present);
    const std::int64_t in_sync = number_of(*configs, "min.insync.replicas").value_or(1);
    if (replicas < 2) {
      health.problems.emplace_back("one replica only: with its node records are lost");
    } else if (in_sync < 2) {
      health.problems.emplace_back(
          "min.insync.replicas is 1: a record that one node alone has is acknowledged");
    } else if (in_sync >= replicas) {
      health.problems.push_back("min.insync.replicas is " + std::to_string(in_sync) + " of " +
                                std::to_string(replicas) +
                                " replicas: one node away stops producers");
    }
    all.emplace_back(std::move(health));
  }
  return all;
}

}  // namespace rookery
