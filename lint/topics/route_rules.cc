// route_rules.cc
//
// What sources state of a topic is put together by its name: a program knows who reads it, a
// manifest how it is kept.

#include "lint/topics/route_rules.h"

#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "lint/printable.h"
#include "lint/topics/endings.h"

namespace rookery::lint {
namespace {

using FactsByName = std::map<std::string, TopicFacts, std::less<>>;

template <class T>
void keep_first(std::optional<T>& kept, const std::optional<T>& stated) {
  if (!kept) kept = stated;
}

FactsByName facts_by_name(const Topics& topics) {
  FactsByName facts;
  for (const Topic& topic : topics.topics) {
    TopicFacts& known = facts[topic.name];
    keep_first(known.replication, topic.facts.replication);
    keep_first(known.retention_ms, topic.facts.retention_ms);
    keep_first(known.min_insync_replicas, topic.facts.min_insync_replicas);
    keep_first(known.is_compacted, topic.facts.is_compacted);
  }
  return facts;
}

// Milliseconds in the greatest unit that is exact: 7d, 90s, 1500ms.
std::string duration_text(std::int64_t milliseconds) {
  struct Unit {
    std::int64_t milliseconds;
    const char* name;
  };
  for (const Unit& unit :
       {Unit{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "min"}, {1'000, "s"}}) {
    if (milliseconds >= unit.milliseconds && milliseconds % unit.milliseconds == 0) {
      return std::to_string(milliseconds / unit.milliseconds) + unit.name;
    }
  }
  return std::to_string(milliseconds) + "ms";
}

std::string retention_text(std::int64_t milliseconds) {
  return milliseconds < 0 ? "ever" : duration_text(milliseconds);
}

// -1 is for ever.
std::int64_t length_of(std::int64_t retention_ms) {
  return retention_ms < 0 ? std::numeric_limits<std::int64_t>::max() : retention_ms;
}

Finding warning(const Place& place, const char* rule, const std::string& name,
                std::string message) {
  return {.file = place.file,
          .line = place.line,
          .rule = rule,
          .message = std::move(message),
          .severity = Severity::kWarning,
          .name = name,
          .setting = place.setting};
}

void check_replication(const Topics& topics, Findings& findings) {
  for (const Topic& topic : topics.topics) {
    if (topic.is_in_tests || topic.facts.replication != 1) continue;
    findings.push_back(warning(
        topic.place, "replication", topic.name,
        in_quotes(topic.name) + " has one replica: its records are gone with that broker's disk, "
                                "and away while it restarts; three are usual"));
  }
}

void check_retention(const Topics& topics, const FactsByName& facts, Findings& findings) {
  for (const Route& route : topics.routes) {
    const auto found = facts.find(route.topic);
    if (found == facts.end() || !found->second.retention_ms || !route.retry_ms_max) continue;
    const std::int64_t retention = *found->second.retention_ms;
    if (length_of(retention) >= *route.retry_ms_max) continue;
    findings.push_back(
        warning(route.place, "retention", route.topic,
                in_quotes(route.topic) + " keeps records for " + duration_text(retention) +
                    ", and one that fails is retried for " + duration_text(*route.retry_ms_max) +
                    ": it may be gone before it becomes a dead letter"));
  }
}

// One way in which the dead letters are kept worse; empty: none of those stated.
std::vector<std::string> lesser_guarantees(const TopicFacts& source, const TopicFacts& letters) {
  std::vector<std::string> lesser;
  if (source.replication && letters.replication && *letters.replication < *source.replication) {
    lesser.push_back("has " + std::to_string(*letters.replication) + " replicas instead of " +
                     std::to_string(*source.replication));
  }
  if (source.min_insync_replicas && letters.min_insync_replicas &&
      *letters.min_insync_replicas < *source.min_insync_replicas) {
    lesser.push_back("has min.insync.replicas " + std::to_string(*letters.min_insync_replicas) +
                     " instead of " + std::to_string(*source.min_insync_replicas));
  }
  if (source.retention_ms && letters.retention_ms &&
      length_of(*letters.retention_ms) < length_of(*source.retention_ms)) {
    lesser.push_back("keeps them for " + retention_text(*letters.retention_ms) + " instead of " +
                     retention_text(*source.retention_ms));
  }
  if (letters.is_compacted == true && source.is_compacted != true) {
    lesser.emplace_back("is compacted: of several with one key, the last one stays");
  }
  return lesser;
}

using Pair = std::pair<std::string, std::string>;

// Dead letter topics with their sources: from routes, and by the team's suffix.
std::map<Pair, Place> pairs_of(const Topics& topics, const Conventions& conventions) {
  std::map<Pair, Place> pairs;
  for (const Route& route : topics.routes) {
    for (const std::string& letters : route.dead_letter_topics) {
      pairs.emplace(Pair{route.topic, letters}, route.place);
    }
  }
  if (conventions.dead_letter_suffix.empty()) return pairs;
  std::set<std::string_view> names;
  for (const Topic& topic : topics.topics) names.insert(topic.name);
  for (const Topic& topic : topics.topics) {
    const auto length = length_without(topic.name, conventions.dead_letter_suffix);
    if (!length) continue;
    const std::string source = topic.name.substr(0, *length);
    if (names.contains(source)) pairs.emplace(Pair{source, topic.name}, topic.place);
  }
  return pairs;
}

void check_dead_letters(const Topics& topics, const Conventions& conventions,
                        const FactsByName& facts, Findings& findings) {
  for (const auto& [pair, place] : pairs_of(topics, conventions)) {
    const auto& [source, letters] = pair;
    const auto of_source = facts.find(source);
    const auto of_letters = facts.find(letters);
    if (of_source == facts.end() || of_letters == facts.end()) continue;
    for (const std::string& lesser : lesser_guarantees(of_source->second, of_letters->second)) {
      findings.push_back(warning(
          place, "dead-letter-guarantees", letters,
          in_quotes(letters) + ", the dead letters of " + in_quotes(source) + ", " + lesser));
    }
  }
}

void check_sessions(const Topics& topics, Findings& findings) {
  for (const Group& group : topics.groups) {
    if (!group.session_timeout_ms || !group.heartbeat_interval_ms) continue;
    const std::int64_t session = *group.session_timeout_ms;
    const std::int64_t heartbeat = *group.heartbeat_interval_ms;
    // Divided, not multiplied: nothing overflows, whatever a file says.
    if (heartbeat <= 0 || session / 3 >= heartbeat) continue;
    findings.push_back(warning(group.place, "session-timeout", group.name,
                               "session.timeout.ms is " + std::to_string(session) +
                                   ", less than three times " + "heartbeat.interval.ms, " +
                                   std::to_string(heartbeat) +
                                   ": one late heartbeat and the group's partitions move"));
  }
}

}  // namespace

Findings check_routes(const Topics& topics, const Conventions& conventions) {
  const FactsByName facts = facts_by_name(topics);
  Findings findings;
  for (const RouteMistake& mistake : topics.mistakes) {
    findings.push_back({.file = mistake.place.file,
                        .rule = "route",
                        .message = mistake.message,
                        .name = mistake.place.setting,
                        .setting = mistake.place.setting});
  }
  check_replication(topics, findings);
  check_retention(topics, facts, findings);
  check_dead_letters(topics, conventions, facts, findings);
  check_sessions(topics, findings);
  std::erase_if(findings, [&](const Finding& finding) {
    return conventions.disabled.contains(finding.rule);
  });
  return findings;
}

}  // namespace rookery::lint
