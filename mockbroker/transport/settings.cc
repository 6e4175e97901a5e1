// settings.cc
//
// One table for all kinds of clients; each takes its part of the result.
#include "mockbroker/transport/settings.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "mockbroker/client/assignors.h"
#include "mockbroker/transport/property_table.h"

namespace rookery::mock {
namespace {

constexpr std::int64_t kDay = 86'400'000;
constexpr std::int64_t kInt = 2'147'483'647;

struct AllSettings {
  ConsumerSettings consumer;
  ProducerSettings producer;
  NetworkClient::Settings client{.request_timeout = std::chrono::seconds(60)};
  Metadata::Settings metadata;
  Duration retry_backoff = std::chrono::milliseconds(100);
  Duration producer_request_timeout = std::chrono::seconds(30);
  bool was_idempotence_set = false;
};

void add_common(PropertyTable& table, AllSettings& all) {
  table.text({"client.id"}, all.client.client_id);
  table.milliseconds({"socket.timeout.ms"}, 10, 300'000, all.client.request_timeout);
  table.milliseconds({"reconnect.backoff.ms"}, 0, 3'600'000, all.client.backoff_first);
  table.milliseconds({"reconnect.backoff.max.ms"}, 0, 3'600'000, all.client.backoff_most);
  table.milliseconds({"retry.backoff.ms"}, 1, 300'000, all.retry_backoff);
  table.number({"topic.metadata.refresh.interval.ms"}, -1, 3'600'000, [&all](std::int64_t ms) {
    all.metadata.refresh_interval =
        ms < 0 ? Duration(std::chrono::hours(24 * 365)) : Duration(std::chrono::milliseconds(ms));
  });
  table.only({"allow.auto.create.topics"}, {"false"},
             "topics are created by those who declare them");
}

std::string take_strategies(const std::string& value, std::vector<std::string>& strategies) {
  std::vector<std::string> names;
  std::istringstream in(value);
  for (std::string name; std::getline(in, name, ',');) {
    std::erase(name, ' ');
    if (!is_known_assignor(name)) {
      return "'" + name + "' is none of range, roundrobin, cooperative-sticky";
    }
    names.push_back(name);
  }
  if (names.empty()) return "a list of strategies is wanted";
  const bool cooperative = is_cooperative(names.front());
  for (const std::string& name : names) {
    if (is_cooperative(name) != cooperative) {
      return "eager and cooperative strategies cannot be mixed";
    }
  }
  strategies = std::move(names);
  return {};
}

void add_group(PropertyTable& table, GroupSettings& group) {
  table.text({"group.id"}, group.group_id);
  table.text({"group.instance.id"}, group.group_instance_id);
  table.milliseconds({"session.timeout.ms"}, 1, 3'600'000, group.session_timeout);
  table.milliseconds({"heartbeat.interval.ms"}, 1, 3'600'000, group.heartbeat_interval);
  table.milliseconds({"max.poll.interval.ms"}, 1, kDay, group.max_poll_interval);
  table.add({"partition.assignment.strategy"}, [&group](const std::string& value) {
    return take_strategies(value, group.strategies);
  });
  const auto earliest = [&group] { group.offset_reset = OffsetReset::kEarliest; };
  const auto latest = [&group] { group.offset_reset = OffsetReset::kLatest; };
  table.choice({"auto.offset.reset"},
               {{"earliest", earliest},
                {"smallest", earliest},
                {"beginning", earliest},
                {"latest", latest},
                {"largest", latest},
                {"end", latest},
                {"error", [&group] { group.offset_reset = OffsetReset::kError; }}});
  table.only({"enable.auto.commit"}, {"false"}, "offsets are committed by who processed them");
  table.only({"enable.auto.offset.store"}, {"false"},
             "offsets are committed by who processed them");
  table.only({"enable.partition.eof"}, {"true", "false"}, "true or false is wanted");
  table.only({"isolation.level"}, {"read_committed", "read_uncommitted"},
             "one of read_committed, read_uncommitted is wanted");
}

void add_fetch(PropertyTable& table, ConsumerSettings& consumer) {
  Fetcher::Settings& fetch = consumer.fetch;
  table.milliseconds({"fetch.wait.max.ms"}, 0, 300'000, fetch.max_wait);
  table.number({"fetch.min.bytes"}, 1, 100'000'000,
               [&fetch](std::int64_t bytes) { fetch.min_bytes = static_cast<std::size_t>(bytes); });
  table.number({"fetch.max.bytes"}, 0, kInt,
               [&fetch](std::int64_t bytes) { fetch.max_bytes = static_cast<std::size_t>(bytes); });
  table.number({"max.partition.fetch.bytes", "fetch.message.max.bytes"}, 1, 1'000'000'000,
               [&fetch](std::int64_t bytes) {
                 fetch.partition_max_bytes = static_cast<std::size_t>(bytes);
               });
  table.number({"queued.min.messages"}, 1, 10'000'000, [&consumer](std::int64_t records) {
    consumer.stream_limits.records = static_cast<std::size_t>(records);
  });
  table.number({"queued.max.messages.kbytes"}, 1, 2'097'151, [&consumer](std::int64_t kbytes) {
    consumer.stream_limits.bytes = static_cast<std::size_t>(kbytes) * 1024;
  });
}

void add_producer(PropertyTable& table, AllSettings& all) {
  ProducerSettings& producer = all.producer;
  AccumulatorSettings& buffer = producer.buffer;
  table.choice({"acks", "request.required.acks"}, {{"all", [&producer] { producer.acks = -1; }},
                                                   {"-1", [&producer] { producer.acks = -1; }},
                                                   {"1", [&producer] { producer.acks = 1; }},
                                                   {"0", [&producer] { producer.acks = 0; }}});
  table.choice({"enable.idempotence"},
               {{"true", [&all] { all.producer.is_idempotent = all.was_idempotence_set = true; }},
                {"false", [&all] { all.producer.is_idempotent = false; }}});
  table.number({"linger.ms", "queue.buffering.max.ms"}, 0, 900'000, [&buffer](std::int64_t ms) {
    buffer.linger = std::chrono::milliseconds(ms);
    buffer.is_sent_when_idle = ms == 0;
  });
  table.milliseconds({"message.timeout.ms", "delivery.timeout.ms"}, 0, kInt,
                     buffer.delivery_timeout);
  table.milliseconds({"request.timeout.ms"}, 1, 900'000, all.producer_request_timeout);
  table.number({"batch.size"}, 1, kInt, [&buffer](std::int64_t bytes) {
    buffer.batch_bytes = static_cast<std::size_t>(bytes);
  });
  table.number({"batch.num.messages"}, 1, 1'000'000, [&buffer](std::int64_t records) {
    buffer.batch_records = static_cast<std::size_t>(records);
  });
  table.number({"queue.buffering.max.messages"}, 0, kInt, [&buffer](std::int64_t records) {
    buffer.buffer_records =
        records == 0 ? static_cast<std::size_t>(kInt) : static_cast<std::size_t>(records);
  });
  table.number({"queue.buffering.max.kbytes"}, 1, kInt, [&buffer](std::int64_t kbytes) {
    buffer.buffer_bytes = static_cast<std::size_t>(kbytes) * 1024;
  });
  table.number({"message.max.bytes"}, 1000, 1'000'000'000, [&producer](std::int64_t bytes) {
    producer.message_max_bytes = static_cast<std::size_t>(bytes);
  });
  table.number({"retries", "message.send.max.retries"}, 0, kInt,
               [&producer](std::int64_t most) { producer.retries_most = most; });
  // Blocks are not bytes here: a codec changes nothing that a client sees.
  table.only({"compression.type", "compression.codec"}, {"none", "gzip", "snappy", "lz4", "zstd"},
             "one of none, gzip, snappy, lz4, zstd is wanted");
  table.milliseconds({"topic.metadata.propagation.max.ms"}, 0, 3'600'000,
                     producer.unknown_topic_timeout);
  table.choice({"partitioner"},
               {{"murmur2_random", [&buffer] { buffer.is_null_key_hashed = false; }},
                {"murmur2", [&buffer] { buffer.is_null_key_hashed = true; }}});
}

void check(const AllSettings& all, std::vector<std::string>& problems) {
  const GroupSettings& group = all.consumer.group;
  if (group.heartbeat_interval >= group.session_timeout) {
    problems.push_back("heartbeat.interval.ms must be below session.timeout.ms");
  }
  if (group.max_poll_interval < group.session_timeout) {
    problems.push_back("max.poll.interval.ms must be at least session.timeout.ms");
  }
  if (all.client.backoff_first > all.client.backoff_most) {
    problems.push_back("reconnect.backoff.ms must be at most reconnect.backoff.max.ms");
  }
  if (all.was_idempotence_set && all.producer.is_idempotent && all.producer.acks != -1) {
    problems.push_back("acks must be all with enable.idempotence=true");
  }
}

enum class Kind { kConsumer, kProducer, kAdmin };

Result<AllSettings> read(const ConfigMap& common, const ConfigMap& own, Kind kind) {
  AllSettings all;
  PropertyTable table;
  add_common(table, all);
  add_group(table, all.consumer.group);
  add_fetch(table, all.consumer);
  add_producer(table, all);
  ConfigMap config = common;
  for (const auto& [name, value] : own) config[name] = value;
  std::vector<std::string> problems = table.apply(config);
  if (problems.empty()) check(all, problems);
  if (kind == Kind::kConsumer && all.consumer.group.group_id.empty()) {
    problems.push_back("group.id is not set");
  }
  if (!problems.empty()) {
    std::string text;
    for (const std::string& problem : problems) text += (text.empty() ? "" : "; ") + problem;
    return fail(ErrorCode::kInvalidConfig, std::move(text));
  }
  // Idempotence is the default, and gives way to weaker acks, as in Kafka's own client.
  if (all.producer.acks != -1) all.producer.is_idempotent = false;
  all.metadata.retry_backoff = all.retry_backoff;
  return all;
}

}  // namespace

Result<ConsumerSettings> consumer_settings(const ConfigMap& common,
                                           const GroupConsumerOptions& options) {
  Result<AllSettings> all = read(common, options.config, Kind::kConsumer);
  if (!all) return fail(all.error());
  ConsumerSettings settings = std::move(all->consumer);
  settings.client = all->client;
  settings.metadata = all->metadata;
  settings.group.retry_backoff = all->retry_backoff;
  settings.group.request_timeout = all->client.request_timeout;
  settings.group.api_timeout = all->client.request_timeout;
  settings.fetch.retry_backoff = all->retry_backoff;
  settings.fetch.request_timeout = all->client.request_timeout;
  settings.prefetch_bytes = options.prefetch_bytes;
  settings.expected_partitions = options.expected_partitions;
  return settings;
}

Result<ProducerSettings> producer_settings(const ConfigMap& common, const ConfigMap& config) {
  Result<AllSettings> all = read(common, config, Kind::kProducer);
  if (!all) return fail(all.error());
  ProducerSettings settings = std::move(all->producer);
  settings.client = all->client;
  settings.client.request_timeout = all->producer_request_timeout;
  settings.metadata = all->metadata;
  settings.retry_backoff = all->retry_backoff;
  // A timeout of 0 is none.
  if (settings.buffer.delivery_timeout == Duration::zero()) {
    settings.buffer.delivery_timeout = Duration::max();
  }
  return settings;
}

Result<AdminSettings> admin_settings(const ConfigMap& common, const ConfigMap& config) {
  Result<AllSettings> all = read(common, config, Kind::kAdmin);
  if (!all) return fail(all.error());
  return AdminSettings{.client = all->client, .retry_backoff = all->retry_backoff};
}

}  // namespace rookery::mock
