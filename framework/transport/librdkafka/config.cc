// config.cc
//
// Which settings are ours to decide, and why; the rest passes through to librdkafka, which checks
// it.
#include <rookery/transport/librdkafka/config.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace rookery::librdkafka {
namespace {

struct Refused {
  std::string_view name;
  std::string_view allowed;  // empty: never
  std::string_view reason;
};

constexpr std::array kRefusedEverywhere{
    Refused{"log.queue", "false", "librdkafka's log lines go to the transport's on_log"},
    Refused{"enabled_events", "", "the transport decides which events it serves"},
    Refused{"opaque", "", "it is a pointer of the transport's"},
    Refused{"default_topic_conf", "",
            "it is a pointer; topic settings may be given beside the others"},
    Refused{"interceptors", "", "they are functions"},
};

constexpr std::array kRefusedForConsumers{
    Refused{"enable.auto.commit", "false",
            "offsets are committed when the work is done, by commit()"},
    Refused{"auto.commit.enable", "false",
            "offsets are committed when the work is done, by commit()"},
    Refused{"enable.auto.offset.store", "false",
            "offsets are committed when the work is done, by commit()"},
    Refused{"enable.partition.eof", "true", "positions past transaction markers are known from it"},
    Refused{"queued.max.messages.kbytes", "", "prefetch_bytes decides it"},
    Refused{"group.protocol", "classic", "the transport serves the classic group protocol"},
};

template <std::size_t kCount>
void refuse(const std::array<Refused, kCount>& table, const std::string& name,
            const std::string& value, std::vector<std::string>& mistakes) {
  for (const Refused& entry : table) {
    if (entry.name != name || (!entry.allowed.empty() && entry.allowed == value)) continue;
    std::string text = name + ": may not be ";
    text += entry.allowed.empty() ? "set" : "'" + value + "'";
    mistakes.push_back(text + ": " + std::string(entry.reason));
  }
}

// librdkafka wants acks=all, retries and few requests in flight for idempotence. As Kafka's Java
// producer does, a user who asks for something else without naming idempotence gets what was asked
// for.
bool excludes_idempotence(const BuiltConfig& config) {
  for (const char* name : {"acks", "request.required.acks"}) {
    if (const auto value = config.find(name); value && *value != "all" && *value != "-1")
      return true;
  }
  for (const char* name : {"retries", "message.send.max.retries"}) {
    if (const auto value = config.find(name); value && *value == "0") return true;
  }
  for (const char* name : {"max.in.flight", "max.in.flight.requests.per.connection"}) {
    if (config.number(name, 1) > 5) return true;
  }
  return false;
}

std::vector<std::pair<std::string, std::string>> defaults_of(Role role) {
  std::vector<std::pair<std::string, std::string>> defaults = {
      {"client.id", "rookery"},
      {"client.software.name", "rookery"},
      {"client.software.version", "0.1.0"},
      {"topic.metadata.refresh.interval.ms", "5000"},
      // A broker that was away is tried again within a second, not within ten.
      {"reconnect.backoff.max.ms", "1000"},
  };
  // Round trips (statistics.h). Each costs a line of JSON for every partition.
  if (role != Role::kAdmin) defaults.emplace_back("statistics.interval.ms", "5000");
  if (role == Role::kProducer) defaults.emplace_back("partitioner", "murmur2_random");
  return defaults;
}

}  // namespace

bool takes_pointer(std::string_view name) {
  return name.ends_with("_cb") || name.ends_with("_cmp") || name.ends_with("_cb_data") ||
         name.ends_with("callback_data");
}

std::optional<std::string> BuiltConfig::find(const std::string& name) const {
  const auto found = settings.find(name);
  if (found == settings.end()) return std::nullopt;
  return found->second;
}

long long BuiltConfig::number(const std::string& name, long long otherwise) const {
  const auto value = find(name);
  return value ? std::strtoll(value->c_str(), nullptr, 10) : otherwise;
}

Status set_property(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> text{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()) ==
      RD_KAFKA_CONF_OK) {
    return {};
  }
  return fail(ErrorCode::kInvalidConfig, name + ": " + text.data());
}

Result<BuiltConfig> build_config(const ConfigMap& common, const ConfigMap& own, Role role) {
  BuiltConfig built;
  built.conf.reset(rd_kafka_conf_new());
  built.settings = own;
  built.settings.insert(common.begin(), common.end());
  std::vector<std::string> mistakes;

  for (const auto& [name, value] : defaults_of(role)) {
    if (Status status = set_property(built.conf.get(), name, value); !status) {
      mistakes.push_back(status.error().message);
    }
  }
  for (const auto& [name, value] : built.settings) {
    const std::size_t before = mistakes.size();
    refuse(kRefusedEverywhere, name, value, mistakes);
    if (role == Role::kConsumer) refuse(kRefusedForConsumers, name, value, mistakes);
    if (takes_pointer(name))
      mistakes.push_back(name + ": may not be set: it takes a function or a pointer");
    if (mistakes.size() != before) continue;
    if (Status status = set_property(built.conf.get(), name, value); !status) {
      mistakes.push_back(status.error().message);
    }
  }
  if (built.find("bootstrap.servers").value_or("").empty() &&
      built.find("metadata.broker.list").value_or("").empty()) {
    mistakes.push_back("bootstrap.servers: missing");
  }
  if (role == Role::kConsumer) {
    if (built.find("group.id").value_or("").empty()) mistakes.push_back("group.id: missing");
    for (const auto& [name, value] : {std::pair{"enable.auto.commit", "false"},
                                      {"enable.auto.offset.store", "false"},
                                      {"enable.partition.eof", "true"}}) {
      if (Status status = set_property(built.conf.get(), name, value); !status) {
        mistakes.push_back(status.error().message);
      }
    }
  }
  if (role == Role::kProducer && !built.find("enable.idempotence") &&
      !excludes_idempotence(built)) {
    if (Status status = set_property(built.conf.get(), "enable.idempotence", "true"); !status) {
      mistakes.push_back(status.error().message);
    }
  }
  if (!mistakes.empty()) {
    std::string all;
    for (const std::string& mistake : mistakes) all += (all.empty() ? "" : "; ") + mistake;
    return fail(ErrorCode::kInvalidConfig, all);
  }
  built.client_id = built.find("client.id").value_or("rookery");
  return built;
}

Status share_prefetch(BuiltConfig& config, std::size_t prefetch_bytes,
                      std::size_t expected_partitions) {
  constexpr std::size_t kSmallestShare = std::size_t{64} << 10;
  constexpr std::size_t kLargestShare = std::size_t{1} << 30;
  const std::size_t share =
      std::clamp(prefetch_bytes / std::max<std::size_t>(1, expected_partitions), kSmallestShare,
                 kLargestShare);
  // librdkafka asks for the next fetch while it is below its limits, so one answer comes on top of
  // them.
  const std::size_t fetch = std::min(share / 2, std::size_t{1} << 20);
  rd_kafka_conf_t* conf = config.conf.get();
  if (Status status =
          set_property(conf, "queued.max.messages.kbytes", std::to_string((share - fetch) >> 10));
      !status) {
    return status;
  }
  if (!config.find("queued.min.messages")) {
    // A queued record costs librdkafka about 300 bytes that its limit of bytes does not count.
    constexpr std::size_t kBytesPerQueuedRecord = 320;
    const std::size_t records =
        std::clamp<std::size_t>(share / kBytesPerQueuedRecord, 100, 100'000);
    if (Status status = set_property(conf, "queued.min.messages", std::to_string(records));
        !status) {
      return status;
    }
  }
  if (!config.find("fetch.message.max.bytes") && !config.find("max.partition.fetch.bytes")) {
    return set_property(conf, "fetch.message.max.bytes", std::to_string(fetch));
  }
  return {};
}

}  // namespace rookery::librdkafka
