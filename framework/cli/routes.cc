// routes.cc
//
// What the routes command prints.
#include <rookery/cli/routes.h>

#include <rookery/cli/json_text.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

namespace rookery {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t milliseconds(Duration duration) {
  return std::chrono::ceil<std::chrono::milliseconds>(duration).count();
}

// Where a record's retries lead. They are counted over the whole chain of decisions.
struct End {
  std::uint64_t retries = 0;
  bool is_without_end = false;
};

End end_of(const Decision& decision, const TopicSettings& settings) {
  End end;
  const Decision* at = &decision;
  for (; at != nullptr && at->action == Decision::Action::kRetry; at = at->next.get()) {
    if (at->retries_max == Decision::kWithoutEnd) return {.is_without_end = true};
    end.retries = std::max(end.retries, at->retries_max);
  }
  // Used up, with nothing said of what follows: the queue's word, or again and again.
  if (at == nullptr) {
    end.is_without_end = !settings.dead_letter_queue;
  } else if (at->action == Decision::Action::kPause) {
    end.is_without_end = true;
  }
  return end;
}

// Of so many retries, each wait as long as jitter can make it.
Duration time_of(std::uint64_t retries, const RetryBackoff& backoff) {
  constexpr Duration kLongest = Duration::max();
  Duration sum{};
  Duration wait{};
  for (std::uint64_t attempt = 1; attempt <= retries; ++attempt) {
    const Duration next = backoff_of(backoff, static_cast<int>(std::min<std::uint64_t>(
                                                  attempt, std::numeric_limits<int>::max())));
    if (next == wait) {  // it does not grow any more: the rest are all alike
      const auto rest = static_cast<std::int64_t>(
          std::min<std::uint64_t>(retries - attempt + 1, std::numeric_limits<std::int64_t>::max()));
      if (wait.count() > 0 && rest > (kLongest - sum).count() / wait.count()) return kLongest;
      sum += wait * rest;
      break;
    }
    if (next > kLongest - sum) return kLongest;
    sum += next;
    wait = next;
  }
  const std::int64_t spread = sum.count() / 100 * backoff.jitter_percent;
  return spread > (kLongest - sum).count() ? kLongest : sum + Duration(spread);
}

void add_topics_of(const Decision& decision, std::set<std::string>& topics) {
  if (!decision.topic.empty()) topics.insert(decision.topic);
  if (decision.next) add_topics_of(*decision.next, topics);
}

std::set<std::string> dead_letter_topics_of(const TopicSettings& settings) {
  std::set<std::string> topics;
  if (settings.dead_letter_queue && !settings.dead_letter_queue->topic.empty()) {
    topics.insert(settings.dead_letter_queue->topic);
  }
  for (const ErrorRule& rule : settings.on_error.rules()) add_topics_of(rule.decision(), topics);
  return topics;
}

// A callable has no text: whether there is one is all that can be told.
Json ordering_json(const Ordering& ordering) {
  Json json = {{"kind", name(ordering)}};
  if (ordering.has_one_lane()) return json;
  json["lanes"] = ordering.lanes;
  if (ordering.collapses) json["collapse"] = true;
  if (ordering.kind != Ordering::Kind::kUnordered) {
    json["by"] = ordering.by.is_record_key() ? "key" : "function";
  }
  return json;
}

Json filters_json(const Filters& filters) {
  Json json = Json::array();
  for (const FilterFactory& filter : filters) json.push_back(filter.text());
  return json;
}

Json route_json(const std::string& name, const TopicSettings& settings) {
  const RetryBackoff& backoff = settings.retry_backoff;
  Json json = {{"name", name},
               {"ordering", ordering_json(settings.ordering)},
               {"filters", filters_json(settings.filters)},
               {"max_records", settings.max_records},
               {"max_bytes", settings.max_bytes},
               {"min_records", settings.min_records},
               {"max_wait_ms", milliseconds(settings.max_wait)},
               {"consume_timeout_ms", milliseconds(settings.consume_timeout)},
               {"tick_interval_ms", milliseconds(settings.tick_interval)},
               {"window", settings.window},
               {"marking", settings.marking == Marking::kManual ? "manual" : "automatic"}};
  json["retry_backoff"] = {{"first_ms", milliseconds(backoff.first)},
                           {"max_ms", milliseconds(backoff.max)},
                           {"factor", backoff.factor},
                           {"jitter_percent", backoff.jitter_percent}};
  if (settings.dead_letter_queue) {
    json["dead_letter_queue"] = {{"topic", settings.dead_letter_queue->topic},
                                 {"max_retries", settings.dead_letter_queue->max_retries}};
  }
  json["dead_letter_topics"] = dead_letter_topics_of(settings);
  const RetryTime time = retry_time_of(settings);
  if (time.longest) json["retry_ms_max"] = milliseconds(*time.longest);
  json["retries_without_end"] = time.are_without_end;
  return json;
}

// A setting of a group's consumer in milliseconds: the innermost that is stated, or librdkafka's.
// What is no number is left to the transport to complain of.
Json kafka_milliseconds(const App& app, const ConsumerGroup& group, const ConfigMap& base,
                        const char* name, std::int64_t otherwise) {
  for (const ConfigMap* config :
       {&group.options().kafka, &app.options().defaults.kafka, &app.options().kafka, &base}) {
    const auto found = config->find(name);
    if (found == config->end()) continue;
    const std::string& text = found->second;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return nullptr;
    return value;
  }
  return otherwise;
}

Json segments_json(const std::string& group, const ParallelSegments& segments) {
  return {{"count", segments.count},
          {"by", segments.by.is_record_key() ? "key" : "function"},
          {"groups", segment_groups(group, segments)}};
}

Json group_json(const App& app, const std::string& name, const ConsumerGroup& group,
                const ConfigMap& base) {
  const GroupSettings settings = settings_of(app, name);
  const bool is_latest = settings.initial_offset == InitialOffset::kLatest;
  Json json = {
      {"name", name},
      {"session_timeout_ms", kafka_milliseconds(app, group, base, "session.timeout.ms", 45'000)},
      {"heartbeat_interval_ms",
       kafka_milliseconds(app, group, base, "heartbeat.interval.ms", 3'000)},
      {"initial_offset", is_latest ? "latest" : "earliest"},
      {"commit_interval_ms", milliseconds(settings.commit_interval)},
      {"revocation_grace_ms", milliseconds(settings.revocation_grace)},
      {"prefetch_bytes", settings.prefetch_bytes},
      {"topics", Json::array()}};
  if (settings.parallel_segments) {
    json["parallel_segments"] = segments_json(name, *settings.parallel_segments);
  }
  for (const ConsumerGroup::Route& route : group.routes()) {
    json["topics"].push_back(route_json(route.topic, settings_of(app, name, route.topic)));
  }
  return json;
}

Json topic_json(const NewTopic& topic) {
  Json json = {{"name", topic.name}, {"partitions", topic.partitions}};
  // The cluster's own number is nothing that the program states.
  if (topic.replication_factor > 0) json["replication_factor"] = topic.replication_factor;
  json["config"] = topic.config;
  return json;
}

}  // namespace

RetryTime retry_time_of(const TopicSettings& settings) {
  RetryTime time;
  const auto add = [&](const End& end) {
    time.are_without_end = time.are_without_end || end.is_without_end;
    if (end.is_without_end) return;
    const Duration takes = time_of(end.retries, settings.retry_backoff);
    time.longest = std::max(time.longest.value_or(takes), takes);
  };
  bool is_all_ruled = false;
  for (const ErrorRule& rule : settings.on_error.rules()) {
    add(end_of(rule.decision(), settings));
    is_all_ruled = is_all_ruled || rule.matches_any();
  }
  if (is_all_ruled) return time;
  const int retries = settings.dead_letter_queue ? settings.dead_letter_queue->max_retries : 0;
  add({.retries = static_cast<std::uint64_t>(std::max(retries, 0)),
       .is_without_end = !settings.dead_letter_queue});
  return time;
}

std::string routes_text(const App& app) {
  std::string out;
  for (const auto& [name, group] : app.groups()) {
    out += "group " + name + "\n";
    for (const ConsumerGroup::Route& route : group.routes()) out += "  topic " + route.topic + "\n";
  }
  return out;
}

std::string routes_json(const App& app, const RoutesOptions& options) {
  Json json = {{"rookery_routes", 1},
               {"client_id", app.options().client_id},
               {"groups", Json::array()},
               {"topics", Json::array()},
               {"mistakes", Json::array()}};
  for (const auto& [name, group] : app.groups()) {
    json["groups"].push_back(group_json(app, name, group, options.kafka));
  }
  for (const NewTopic& topic : app.topics()) json["topics"].push_back(topic_json(topic));
  for (const Mistake& mistake : validate(app)) {
    json["mistakes"].push_back({{"path", mistake.path}, {"message", mistake.message}});
  }
  return json_text(json);
}

int print_routes(const App& app, const RoutesOptions& options) {
  const std::string out = options.is_json ? routes_json(app, options) : routes_text(app);
  if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size() || std::fflush(stdout) != 0) {
    std::fputs("error: cannot write to standard output\n", stderr);
    return 1;
  }
  const std::vector<Mistake> mistakes = validate(app);
  for (const Mistake& mistake : mistakes) {
    std::fprintf(stderr, "error: %s\n", mistake.text().c_str());
  }
  return mistakes.empty() ? 0 : 1;
}

}  // namespace rookery
