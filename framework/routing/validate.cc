// validate.cc
//
// Every mistake in the routes at once, each with the path of its setting.
#include <rookery/base/duration.h>
#include <rookery/routing/app.h>
#include <rookery/routing/topic_name.h>
#include <rookery/routing/validate_recovery.h>

#include <charconv>
#include <map>
#include <set>

namespace rookery {
namespace {

using namespace std::chrono_literals;

class Findings {
 public:
  void add(std::string path, std::string message) {
    mistakes_.push_back({std::move(path), std::move(message)});
  }
  std::vector<Mistake> take() { return std::move(mistakes_); }

 private:
  std::vector<Mistake> mistakes_;
};

void check_ordering(const std::string& path, const TopicSettings& settings, Findings& findings) {
  const Ordering& ordering = settings.ordering;
  const bool is_virtual = ordering.kind == Ordering::Kind::kVirtual;
  const std::string field = path + (is_virtual ? ".count" : ".max_lanes");
  if (ordering.lanes < 1) findings.add(field, "must be at least 1");
  if (is_virtual && settings.window >= 1 && ordering.lanes > settings.window) {
    findings.add(field, "is " + std::to_string(ordering.lanes) + ", more than the window, " +
                            std::to_string(settings.window) +
                            ": so many lanes could never all have work");
  }
}

void check_topic(const std::string& path, const TopicOptions& options,
                 const TopicSettings& settings, Duration shutdown_timeout, Findings& findings) {
  const auto at_least_one = [&](const char* field, std::size_t value) {
    if (value < 1) findings.add(path + "." + field, "must be at least 1");
  };
  if (!options.consumer) findings.add(path + ".consumer", "a topic needs a consumer");
  check_ordering(path + ".ordering", settings, findings);
  for (const Filters::Wrong& wrong : settings.filters.mistakes()) {
    findings.add(path + ".filters[" + std::to_string(wrong.index) + "]", wrong.message);
  }
  at_least_one("max_records", settings.max_records);
  at_least_one("max_bytes", settings.max_bytes);
  at_least_one("min_records", settings.min_records);
  at_least_one("window", settings.window);
  if (settings.min_records > settings.max_records) {
    findings.add(path + ".min_records", "is " + std::to_string(settings.min_records) +
                                            ", more than max_records, " +
                                            std::to_string(settings.max_records));
  }
  if (settings.window >= 1 && settings.window < settings.max_records) {
    findings.add(path + ".window", "is " + std::to_string(settings.window) +
                                       ", less than a batch, max_records " +
                                       std::to_string(settings.max_records));
  }
  if (settings.max_wait < 0s || settings.max_wait >= shutdown_timeout) {
    findings.add(path + ".max_wait", "is " + format_duration(settings.max_wait) +
                                         ", must be below shutdown_timeout, " +
                                         format_duration(shutdown_timeout));
  }
  if (settings.consume_timeout <= 0s) findings.add(path + ".consume_timeout", "must be above zero");
  if (settings.tick_interval != 0s && settings.tick_interval < 1ms) {
    findings.add(path + ".tick_interval", "is " + format_duration(settings.tick_interval) +
                                              ", must be at least 1ms, or zero: no ticks");
  }
  const RetryBackoff& retry = settings.retry_backoff;
  if (retry.first <= 0s) findings.add(path + ".retry_backoff.first", "must be above zero");
  if (retry.first > retry.max) {
    findings.add(
        path + ".retry_backoff.first",
        "is " + format_duration(retry.first) + ", more than max, " + format_duration(retry.max));
  }
  if (retry.factor < 1) findings.add(path + ".retry_backoff.factor", "must be at least 1");
  if (retry.jitter_percent > 100) {
    findings.add(path + ".retry_backoff.jitter_percent", "must be at most 100");
  }
}

// A setting in milliseconds from the group's or the app's Kafka settings.
std::optional<Duration> kafka_milliseconds(const App& app, const ConsumerGroup& group,
                                           const char* name) {
  for (const ConfigMap* config :
       {&group.options().kafka, &app.options().defaults.kafka, &app.options().kafka}) {
    const auto found = config->find(name);
    if (found == config->end()) continue;
    std::int64_t value = 0;
    const std::string& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size())
      return std::chrono::milliseconds(value);
    return std::nullopt;  // the transport says what is wrong with it
  }
  return std::nullopt;
}

// What we decide ourselves: a user's value would break a promise.
void check_kafka(const std::string& path, const ConfigMap& kafka, Findings& findings) {
  struct Ours {
    const char* name;
    const char* why;
  };
  static constexpr Ours kOurs[] = {
      {"enable.auto.commit", "offsets are committed when work is done"},
      {"enable.auto.offset.store", "offsets are committed when work is done"},
      {"auto.offset.reset", "use initial_offset"},
      {"group.id", "the group's name is its id"},
      {"client.id", "use client_id of the app"},
      {"enable.partition.eof", "the framework needs it on"},
  };
  for (const Ours& ours : kOurs) {
    if (kafka.contains(ours.name)) {
      findings.add(path + "." + ours.name, std::string("is set by the framework: ") + ours.why);
    }
  }
}

// Inputs are marked when their outputs are acknowledged: somebody must acknowledge them.
void check_producer(const std::string& path, const ConfigMap& kafka, Findings& findings) {
  for (const char* name : {"acks", "request.required.acks"}) {
    const auto found = kafka.find(name);
    if (found != kafka.end() && found->second == "0") {
      findings.add(path + "." + name,
                   "0 would mark records whose outputs nobody acknowledged; use 1 or all");
    }
  }
}

// Far above any use: each segment is a connection, and reads everything.
constexpr std::size_t kSegmentsMost = 1'000;

void check_segments(const std::string& path, const ParallelSegments& segments, Findings& findings) {
  if (segments.count < 1) findings.add(path + ".count", "must be at least 1");
  if (segments.count > kSegmentsMost) {
    findings.add(path + ".count", "is " + std::to_string(segments.count) + ", must be at most " +
                                      std::to_string(kSegmentsMost));
  }
  if (segments.merge_key.empty()) {
    findings.add(path + ".merge_key", "must not be empty: it stands before the segment's number");
  } else if (illegal_topic_name("a" + segments.merge_key)) {
    findings.add(path + ".merge_key",
                 "is '" + segments.merge_key + "'; legal are letters, digits, '.', '_' and '-'");
  }
}

// Two groups of one name would share partitions, and each would miss what the other gets.
void check_names(const App& app, Findings& findings) {
  std::map<std::string, std::string> owners;
  for (const auto& [name, group] : app.groups()) {
    const auto segments = settings_of(app, name).parallel_segments;
    if (!segments) owners.emplace(name, name);
  }
  for (const auto& [name, group] : app.groups()) {
    const auto segments = settings_of(app, name).parallel_segments;
    if (!segments || segments->count > kSegmentsMost) continue;
    for (const std::string& broker_group : segment_groups(name, *segments)) {
      const auto [owner, is_new] = owners.emplace(broker_group, name);
      if (is_new) continue;
      findings.add("groups." + name + ".parallel_segments",
                   "its group '" + broker_group + "' is one of '" + owner->second + "', too");
    }
  }
}

void check_declared(const App& app, Findings& findings) {
  std::set<std::string> seen;
  for (const NewTopic& topic : app.topics()) {
    const std::string path = "topics." + (topic.name.empty() ? "''" : topic.name);
    if (const auto wrong = illegal_topic_name(topic.name)) findings.add(path, *wrong);
    if (!seen.insert(topic.name).second) findings.add(path, "is declared twice");
    if (topic.partitions < 1) {
      findings.add(path + ".partitions",
                   "is " + std::to_string(topic.partitions) + ", must be at least 1");
    }
    if (topic.replication_factor < 1 && topic.replication_factor != -1) {
      findings.add(path + ".replication_factor",
                   "is " + std::to_string(topic.replication_factor) +
                       ", must be at least 1, or -1: the cluster's own");
    }
  }
}

void check_group(const App& app, const std::string& name, const ConsumerGroup& group,
                 Duration shutdown_timeout, Findings& findings) {
  const std::string path = "groups." + name;
  if (name.empty()) findings.add("groups", "a group needs a name");
  if (group.routes().empty()) findings.add(path, "has no topic");
  check_kafka(path + ".kafka", group.options().kafka, findings);
  const GroupSettings settings = settings_of(app, name);
  if (settings.parallel_segments) {
    check_segments(path + ".parallel_segments", *settings.parallel_segments, findings);
  }
  if (settings.commit_interval <= 0s) findings.add(path + ".commit_interval", "must be above zero");
  if (settings.revocation_grace < 0s)
    findings.add(path + ".revocation_grace", "must not be negative");
  if (settings.prefetch_bytes < 1) findings.add(path + ".prefetch_bytes", "must be at least 1");
  // Kafka's defaults: max.poll.interval.ms 5 min, heartbeat.interval.ms 3 s.
  const Duration max_poll = kafka_milliseconds(app, group, "max.poll.interval.ms").value_or(5min);
  const Duration heartbeat = kafka_milliseconds(app, group, "heartbeat.interval.ms").value_or(3s);
  if (settings.revocation_grace + heartbeat + 5s >= max_poll) {
    findings.add(path + ".revocation_grace",
                 "is " + format_duration(settings.revocation_grace) +
                     ": with heartbeat.interval.ms (" + format_duration(heartbeat) +
                     ") and 5s it must stay below max.poll.interval.ms (" +
                     format_duration(max_poll) + ")");
  }
  std::set<std::string> seen;
  for (const ConsumerGroup::Route& route : group.routes()) {
    const std::string topic_path = path + ".topics." + (route.topic.empty() ? "''" : route.topic);
    if (const auto wrong = illegal_topic_name(route.topic)) findings.add(topic_path, *wrong);
    if (!seen.insert(route.topic).second) {
      findings.add(topic_path, "is routed twice in this group");
      continue;
    }
    const TopicSettings topic_settings = settings_of(app, name, route.topic);
    check_topic(topic_path, route.options, topic_settings, shutdown_timeout, findings);
    for (Mistake& mistake : recovery_mistakes(topic_path, route.topic, topic_settings)) {
      findings.add(std::move(mistake.path), std::move(mistake.message));
    }
  }
}

}  // namespace

std::vector<Mistake> validate(const App& app) {
  Findings findings;
  if (app.options().client_id.empty()) findings.add("client_id", "must not be empty");
  if (app.options().concurrency && *app.options().concurrency < 1) {
    findings.add("concurrency", "must be at least 1");
  }
  const Duration shutdown_timeout =
      app.options().shutdown_timeout.value_or(kDefaultShutdownTimeout);
  if (shutdown_timeout <= 0s) findings.add("shutdown_timeout", "must be above zero");
  if (app.options().output_timeout.value_or(kDefaultOutputTimeout) <= 0s) {
    findings.add("output_timeout", "must be above zero");
  }
  check_kafka("kafka", app.options().kafka, findings);
  check_producer("kafka", app.options().kafka, findings);
  check_kafka("producer", app.options().producer, findings);
  check_producer("producer", app.options().producer, findings);
  check_kafka("defaults.kafka", app.options().defaults.kafka, findings);
  if (app.groups().empty()) findings.add("groups", "the app has no group");
  for (const auto& [name, group] : app.groups())
    check_group(app, name, group, shutdown_timeout, findings);
  check_names(app, findings);
  check_declared(app, findings);
  return findings.take();
}

}  // namespace rookery
