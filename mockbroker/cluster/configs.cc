// configs.cc
//
// Each resource is answered for itself; what is wrong with one setting leaves all of its resource
// as they were.
#include "mockbroker/cluster/configs.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string_view>
#include <utility>

namespace rookery::mock {
namespace {

struct BrokerSetting {
  std::string_view name;
  bool is_read_only;
  std::string (*value)(const ClusterOptions& options, NodeId node);
};
std::string text(std::int64_t number) { return std::to_string(number); }
std::string text(Milliseconds time) { return std::to_string(time.count()); }

// Those of Kafka's that the cluster's options stand for.
constexpr std::array<BrokerSetting, 12> kBrokerSettings = {{
    {"broker.session.timeout.ms", true,
     [](const ClusterOptions& options, NodeId) { return text(options.failure_detection_delay); }},
    {"default.replication.factor", true,
     [](const ClusterOptions& options, NodeId) {
       return text(options.default_replication_factor);
     }},
    {"group.initial.rebalance.delay.ms", true,
     [](const ClusterOptions& options, NodeId) {
       return text(options.group_initial_rebalance_delay);
     }},
    {"group.max.session.timeout.ms", true,
     [](const ClusterOptions& options, NodeId) { return text(options.group_max_session_timeout); }},
    {"group.min.session.timeout.ms", true,
     [](const ClusterOptions& options, NodeId) { return text(options.group_min_session_timeout); }},
    {"log.retention.check.interval.ms", true,
     [](const ClusterOptions& options, NodeId) { return text(options.retention_check_interval); }},
    {"message.max.bytes", false,
     [](const ClusterOptions& options, NodeId) {
       return text(static_cast<std::int64_t>(options.message_max_bytes));
     }},
    {"node.id", true, [](const ClusterOptions&, NodeId node) { return text(node); }},
    {"num.partitions", true,
     [](const ClusterOptions& options, NodeId) { return text(options.default_partitions); }},
    {"offset.metadata.max.bytes", true,
     [](const ClusterOptions& options, NodeId) {
       return text(static_cast<std::int64_t>(options.offset_metadata_max_bytes));
     }},
    {"producer.id.expiration.ms", false,
     [](const ClusterOptions& options, NodeId) { return text(options.producer_id_expiration); }},
    {"replica.lag.time.max.ms", true,
     [](const ClusterOptions& options, NodeId) { return text(options.replica_lag_time_max); }},
}};

Status check_broker_setting(const std::string& name, const std::string& value) {
  for (const BrokerSetting& setting : kBrokerSettings) {
    if (setting.name != name) continue;
    if (setting.is_read_only) {
      return fail(ErrorCode::kInvalidRequest,
                  "Cannot update these configs dynamically: Set(" + name + ")");
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc() && end == value.data() + value.size() && number >= 0) return {};
    return fail(ErrorCode::kInvalidConfig, "Invalid value " + value + " for configuration " + name);
  }
  return {};  // for plugins of the broker: kept as it is
}

// Of names that may carry passwords nobody is told the value.
bool is_sensitive(const std::string& name) {
  return name.ends_with("password") || name.ends_with("jaas.config");
}

NodeId node_of(const ConfigResource& broker) {
  NodeId node = -1;
  const char* end = broker.name.data() + broker.name.size();
  const auto [at, error] = std::from_chars(broker.name.data(), end, node);
  return error == std::errc() && at == end ? node : -1;
}

template <class Answer>
void refuse(Answer& answer, const Error& error) {
  answer.error = error.code;
  answer.message = error.message;
}

template <class Asked>
bool is_named_twice(const std::vector<Asked>& asked, const ConfigResource& resource) {
  return std::count_if(asked.begin(), asked.end(),
                       [&](const Asked& one) { return one.resource == resource; }) > 1;
}

// Each resource by itself: whether it may change, and then the change.
template <class Asked, class Check, class Change>
AlterConfigsResponse answer_each(const std::vector<Asked>& asked, const Check& check,
                                 const Change& change) {
  AlterConfigsResponse response;
  for (const Asked& wanted : asked) {
    auto& answer = response.resources.emplace_back();
    answer.resource = wanted.resource;
    Status status = check(wanted.resource);
    if (status && is_named_twice(asked, wanted.resource)) {
      status = fail(ErrorCode::kInvalidRequest, "Each resource must appear at most once.");
    }
    if (status) status = change(wanted);
    if (!status) refuse(answer, status.error());
  }
  return response;
}

}  // namespace

Result<Configs::Settings> Configs::own(NodeId node, const ConfigResource& resource) const {
  if (resource.kind == ConfigResourceKind::kTopic) {
    if (const Topic* topic = topics_.find(resource.name)) return topic->settings;
    if (const Status valid = validate_topic_name(resource.name); !valid) return fail(valid.error());
    return fail(ErrorCode::kUnknownTopicOrPartition,
                "Topic '" + resource.name + "' does not exist.");
  }
  if (node_of(resource) != node) {
    return fail(ErrorCode::kInvalidRequest,
                "Unexpected broker id, expected " + text(node) + ", but received " + resource.name);
  }
  const auto found = brokers_.find(node);
  return found == brokers_.end() ? Settings() : found->second;
}

// KRaft's brokers pass changes on to the controller, those before it ask for it to be asked.
Status Configs::may_change(NodeId node, const ConfigResource& resource) const {
  const bool is_topic = resource.kind == ConfigResourceKind::kTopic;
  if (core_.is_cut_off(node) || core_.controller < 0 || (is_topic && node != core_.controller)) {
    return fail(ErrorCode::kNotController, resource.text());
  }
  return {};
}

DescribeConfigsResponse Configs::describe(NodeId node,
                                          const DescribeConfigsRequest& request) const {
  DescribeConfigsResponse response;
  for (const ConfigResource& resource : request.resources) {
    auto& answer = response.resources.emplace_back();
    answer.resource = resource;
    const Result<Settings> settings = own(node, resource);
    if (settings) {
      answer.entries = entries(resource, *settings);
    } else {
      refuse(answer, settings.error());
    }
  }
  return response;
}

std::vector<ConfigEntry> Configs::entries(const ConfigResource& resource,
                                          const Settings& settings) const {
  std::map<std::string, ConfigEntry> entries;
  const bool is_topic = resource.kind == ConfigResourceKind::kTopic;
  if (is_topic) {
    for (const auto& [name, value] : topic_config_defaults()) {
      entries[name] = {.name = name, .value = value, .source = ConfigSource::kDefault};
    }
    // The cluster's own, where a topic says nothing.
    entries["max.message.bytes"] = {
        .name = "max.message.bytes",
        .value = text(static_cast<std::int64_t>(core_.options.message_max_bytes)),
        .source = ConfigSource::kStaticBroker};
  } else {
    for (const BrokerSetting& setting : kBrokerSettings) {
      const std::string name(setting.name);
      entries[name] = {.name = name,
                       .value = setting.value(core_.options, node_of(resource)),
                       .source = ConfigSource::kStaticBroker,
                       .is_read_only = setting.is_read_only};
    }
  }
  for (const auto& [name, value] : settings) {
    ConfigEntry& entry = entries[name];
    entry.name = name;
    entry.source = is_topic ? ConfigSource::kTopic : ConfigSource::kDynamicBroker;
    entry.is_sensitive = !is_topic && is_sensitive(name);
    entry.value = entry.is_sensitive ? std::nullopt : std::optional(value);
  }
  std::vector<ConfigEntry> sorted;
  for (auto& [name, entry] : entries) sorted.push_back(std::move(entry));
  return sorted;
}

Status Configs::set(const ConfigResource& resource, Settings settings) {
  if (resource.kind == ConfigResourceKind::kTopic) {
    const auto config = parse_topic_config(settings);
    if (!config) return fail(config.error());
    Topic* topic = topics_.find(resource.name);
    topic->config = *config;
    topic->settings = std::move(settings);
    return {};
  }
  Settings& kept = brokers_[node_of(resource)];
  for (const auto& [name, value] : settings) {
    const auto old = kept.find(name);
    if (old != kept.end() && old->second == value) continue;
    if (const Status fine = check_broker_setting(name, value); !fine) return fine;
  }
  kept = std::move(settings);
  return {};
}

AlterConfigsResponse Configs::replace(NodeId node, const AlterConfigsRequest& request) {
  const auto check = [&](const ConfigResource& resource) { return may_change(node, resource); };
  return answer_each(request.resources, check, [&](const ConfigValues& wanted) -> Status {
    const Result<Settings> settings = own(node, wanted.resource);
    if (!settings) return fail(settings.error());
    return set(wanted.resource, wanted.values);
  });
}

AlterConfigsResponse Configs::change(NodeId node, const IncrementalAlterConfigsRequest& request) {
  const auto check = [&](const ConfigResource& resource) { return may_change(node, resource); };
  return answer_each(request.resources, check, [&](const ConfigChange& wanted) -> Status {
    Result<Settings> settings = own(node, wanted.resource);
    if (!settings) return fail(settings.error());
    for (const auto& [name, value] : wanted.values) {
      if (value) {
        (*settings)[name] = *value;
      } else {
        settings->erase(name);
      }
    }
    return set(wanted.resource, std::move(*settings));
  });
}

}  // namespace rookery::mock
