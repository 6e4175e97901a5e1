// admin_configs.cc
//
// Settings. The library takes one broker in a call, and sends it to that broker; topics are asked
// about in one call for all, and changed in one for each, so that none fails with another.
#include <rookery/transport/librdkafka/admin.h>

#include <rookery/transport/librdkafka/admin_calls.h>
#include <rookery/transport/librdkafka/errors.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

namespace rookery::librdkafka {
namespace {

constexpr auto kTopicSource = RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG;

ConfigSource source_of(rd_kafka_ConfigSource_t source) {
  switch (source) {
    case kTopicSource:
      return ConfigSource::kTopic;
    case RD_KAFKA_CONFIG_SOURCE_DYNAMIC_BROKER_CONFIG:
      return ConfigSource::kDynamicBroker;
    case RD_KAFKA_CONFIG_SOURCE_DYNAMIC_DEFAULT_BROKER_CONFIG:
      return ConfigSource::kDynamicDefaultBroker;
    case RD_KAFKA_CONFIG_SOURCE_STATIC_BROKER_CONFIG:
      return ConfigSource::kStaticBroker;
    case RD_KAFKA_CONFIG_SOURCE_DEFAULT_CONFIG:
      return ConfigSource::kDefault;
    default:
      return ConfigSource::kUnknown;
  }
}

ConfigResourceHandle handle_of(const ConfigResource& resource) {
  const bool is_topic = resource.kind == ConfigResourceKind::kTopic;
  return ConfigResourceHandle(rd_kafka_ConfigResource_new(
      is_topic ? RD_KAFKA_RESOURCE_TOPIC : RD_KAFKA_RESOURCE_BROKER, resource.name.c_str()));
}

std::optional<Error> error_of(const rd_kafka_ConfigResource_t* answered, const std::string& what) {
  const rd_kafka_resp_err_t error = rd_kafka_ConfigResource_error(answered);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  return make_error(error, what, rd_kafka_ConfigResource_error_string(answered));
}

std::vector<ConfigEntry> entries_of(const rd_kafka_ConfigResource_t* answered) {
  std::vector<ConfigEntry> entries;
  std::size_t count = 0;
  const rd_kafka_ConfigEntry_t** found = rd_kafka_ConfigResource_configs(answered, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(found[i]);
    entries.push_back({.name = rd_kafka_ConfigEntry_name(found[i]),
                       .value = value == nullptr ? std::nullopt : std::optional<std::string>(value),
                       .source = source_of(rd_kafka_ConfigEntry_source(found[i])),
                       .is_read_only = rd_kafka_ConfigEntry_is_read_only(found[i]) == 1,
                       .is_sensitive = rd_kafka_ConfigEntry_is_sensitive(found[i]) == 1});
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

using Resources = const rd_kafka_ConfigResource_t** (*)(rd_kafka_event_t*, std::size_t*);

const rd_kafka_ConfigResource_t** described(rd_kafka_event_t* event, std::size_t* count) {
  return rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event),
                                                   count);
}
const rd_kafka_ConfigResource_t** replaced(rd_kafka_event_t* event, std::size_t* count) {
  return rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), count);
}

// The resources of a change, which of them may be sent, and what came of each.
struct Changes {
  std::vector<std::string> names;
  std::vector<bool> open;
  std::vector<Status> statuses;

  template <class Values>
  void add(const ConfigResource& resource, const Values& values, const char* order) {
    names.push_back(order + (" " + resource.text()));
    statuses.push_back(resource.check());
    // The library would leave it out, and send the others.
    if (statuses.back() && values.contains("")) {
      statuses.back() = fail(ErrorCode::kInvalidConfig, names.back() + ": one without a name");
    }
    open.push_back(statuses.back().has_value());
  }
};

std::vector<Status> change_each(AdminCall& call, rd_kafka_admin_op_t order, Changes changes,
                                TimePoint deadline, Resources results, const SendOne& send) {
  const auto errors =
      call_each(call, order, changes.names, changes.open, deadline, send,
                [&](std::size_t i, rd_kafka_event_t* event) -> std::optional<Error> {
                  std::size_t count = 0;
                  const rd_kafka_ConfigResource_t** answered = results(event, &count);
                  if (count != 1) return Error{.message = changes.names[i] + ": not in the answer"};
                  return error_of(answered[0], changes.names[i]);
                });
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (changes.open[i] && errors[i]) changes.statuses[i] = fail(*errors[i]);
  }
  return changes.statuses;
}

}  // namespace

std::vector<Result<std::vector<ConfigEntry>>> Admin::configs(
    const std::vector<ConfigResource>& resources, TimePoint deadline) {
  AdminCall call(line_);
  std::map<ConfigResource, Result<std::vector<ConfigEntry>>> answers;
  std::vector<std::vector<ConfigResource>> calls(1);  // all topics first
  for (const ConfigResource& resource : resources) {
    const Status check = resource.check();
    const bool is_new =
        answers
            .emplace(resource, check ? fail(ErrorCode::kUnknown, resource.text() + ": no answer")
                                     : fail(check.error()))
            .second;
    if (!is_new || !check) continue;
    if (resource.kind == ConfigResourceKind::kTopic) {
      calls.front().push_back(resource);
    } else {
      calls.push_back({resource});
    }
  }
  std::vector<std::string> names;
  std::vector<bool> open;
  for (const auto& asked : calls) {
    open.push_back(!asked.empty());
    names.push_back(asked.size() == 1 ? "settings of " + asked.front().text()
                                      : "settings of topics");
  }
  const auto errors = call_each(
      call, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, names, open, deadline,
      [&](std::size_t i, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* to) {
        std::vector<ConfigResourceHandle> owners;
        std::vector<rd_kafka_ConfigResource_t*> asked;
        for (const ConfigResource& resource : calls[i]) {
          asked.push_back(owners.emplace_back(handle_of(resource)).get());
        }
        rd_kafka_DescribeConfigs(call.client(), asked.data(), asked.size(), options, to);
      },
      [&](std::size_t, rd_kafka_event_t* event) -> std::optional<Error> {
        std::size_t count = 0;
        const rd_kafka_ConfigResource_t** answered = described(event, &count);
        for (std::size_t at = 0; at < count; ++at) {
          const bool is_topic =
              rd_kafka_ConfigResource_type(answered[at]) == RD_KAFKA_RESOURCE_TOPIC;
          const ConfigResource resource{
              is_topic ? ConfigResourceKind::kTopic : ConfigResourceKind::kBroker,
              rd_kafka_ConfigResource_name(answered[at])};
          const auto found = answers.find(resource);
          if (found == answers.end()) continue;
          const auto error = error_of(answered[at], "settings of " + resource.text());
          if (error) {
            found->second = fail(*error);
          } else {
            found->second = entries_of(answered[at]);
          }
        }
        return std::nullopt;
      });
  for (std::size_t i = 0; i < calls.size(); ++i) {
    for (const ConfigResource& resource : calls[i]) {
      if (errors[i]) answers.at(resource) = fail(*errors[i]);
    }
  }
  std::vector<Result<std::vector<ConfigEntry>>> all;
  for (const ConfigResource& resource : resources) all.push_back(answers.at(resource));
  return all;
}

#if RD_KAFKA_VERSION >= 0x020200ff
std::vector<Status> Admin::alter_configs(const std::vector<ConfigChange>& changes,
                                         TimePoint deadline) {
  AdminCall call(line_);
  Changes all;
  for (const ConfigChange& change : changes)
    all.add(change.resource, change.values, "alter settings of");
  const auto results = [](rd_kafka_event_t* event, std::size_t* count) {
    return rd_kafka_IncrementalAlterConfigs_result_resources(
        rd_kafka_event_IncrementalAlterConfigs_result(event), count);
  };
  return change_each(
      call, RD_KAFKA_ADMIN_OP_INCREMENTALALTERCONFIGS, std::move(all), deadline, results,
      [&](std::size_t i, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* to) {
        const ConfigResourceHandle order = handle_of(changes[i].resource);
        for (const auto& [name, value] : changes[i].values) {
          // Refuses only what has no name: the brokers would, too.
          const ErrorHandle refused(rd_kafka_ConfigResource_add_incremental_config(
              order.get(), name.c_str(),
              value ? RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET : RD_KAFKA_ALTER_CONFIG_OP_TYPE_DELETE,
              value ? value->c_str() : nullptr));
        }
        rd_kafka_ConfigResource_t* orders[] = {order.get()};
        rd_kafka_IncrementalAlterConfigs(call.client(), orders, 1, options, to);
      });
}
#else
std::vector<Status> Admin::alter_configs(const std::vector<ConfigChange>& changes, TimePoint) {
  AdminCall call(line_);
  std::vector<Status> statuses;
  for (const ConfigChange& change : changes) {
    statuses.push_back(
        call.is_cut()
            ? fail(call.cut_error("alter settings of " + change.resource.text()))
            : fail(ErrorCode::kUnsupported,
                   "alter settings of " + change.resource.text() +
                       ": IncrementalAlterConfigs (KIP-339) needs librdkafka 2.2.0; this is " +
                       rd_kafka_version_str()));
  }
  return statuses;
}
#endif

std::vector<Status> Admin::replace_configs(const std::vector<ConfigValues>& values,
                                           TimePoint deadline) {
  AdminCall call(line_);
  Changes all;
  for (const ConfigValues& one : values) all.add(one.resource, one.values, "replace settings of");
  return change_each(call, RD_KAFKA_ADMIN_OP_ALTERCONFIGS, std::move(all), deadline, replaced,
                     [&](std::size_t i, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* to) {
                       const ConfigResourceHandle order = handle_of(values[i].resource);
                       for (const auto& [name, value] : values[i].values) {
                         rd_kafka_ConfigResource_set_config(order.get(), name.c_str(),
                                                            value.c_str());
                       }
                       rd_kafka_ConfigResource_t* orders[] = {order.get()};
                       rd_kafka_AlterConfigs(call.client(), orders, 1, options, to);
                     });
}

}  // namespace rookery::librdkafka
