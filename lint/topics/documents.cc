// documents.cc
//
// A walk over the tree. Whatever holds the name of a topic by its own key, or stands below a key
// that says so, is taken; the rest is walked through.

#include "lint/topics/documents.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "lint/text.h"
#include "lint/topics/endings.h"
#include "lint/topics/words.h"

namespace rookery::lint {
namespace {

constexpr std::string_view kSession = "session.timeout.ms";
constexpr std::string_view kHeartbeat = "heartbeat.interval.ms";

enum class KeyKind { kOther, kTopic, kTopics };

// `topics`, `input.topic`, `outputTopic`, `dead_letter_topic_name`.
KeyKind kind_of_key(std::string_view key) {
  // Most keys are no topics': do not take them apart.
  if (key.find("opic") == std::string_view::npos && key.find("OPIC") == std::string_view::npos) {
    return KeyKind::kOther;
  }
  std::vector<std::string> words = words_in(key);
  if (words.size() >= 2 && (words.back() == "name" || words.back() == "names")) words.pop_back();
  if (words.empty()) return KeyKind::kOther;
  if (words.back() == "topic") return KeyKind::kTopic;
  return words.back() == "topics" ? KeyKind::kTopics : KeyKind::kOther;
}

Role role_of_key(std::string_view key) {
  std::vector<std::string> words = words_in(key);
  while (!words.empty()) {
    if (dead_letter_words(words) > 0) return Role::kDeadLetter;
    words.pop_back();
  }
  return Role::kPlain;
}

// Settings and placeholders stand below such keys, too: `allow.auto.create.topics: true`.
bool is_name(std::string_view value) {
  if (value.empty() || value == "true" || value == "false" || number_of(value)) return false;
  for (const std::string_view placeholder : {"${", "{{", "#{", "%{"}) {
    if (value.find(placeholder) != std::string_view::npos) return false;
  }
  return true;
}

std::optional<std::int64_t> number_at(const Node* node, std::string_view key) {
  return node == nullptr ? std::nullopt : number_of(node->text_of(key));
}

TopicFacts facts_of(const Node& map) {
  TopicFacts facts;
  for (const char* key : {"replication_factor", "replicationFactor", "replication-factor",
                          "replicas", "replication"}) {
    if (!facts.replication) facts.replication = number_at(&map, key);
  }
  for (const Node* config : {map.find("config"), map.find("configs"), &map}) {
    if (!facts.retention_ms) facts.retention_ms = number_at(config, "retention.ms");
    if (!facts.min_insync_replicas) {
      facts.min_insync_replicas = number_at(config, "min.insync.replicas");
    }
    const std::string policy = config == nullptr ? "" : config->text_of("cleanup.policy");
    if (!facts.is_compacted && !policy.empty()) {
      facts.is_compacted = policy.find("compact") != std::string::npos;
    }
  }
  return facts;
}

class DocumentWalk {
 public:
  DocumentWalk(const std::string& file, Topics& topics) : file_(file), topics_(topics) {}

  void walk(const Node& node) {
    if (node.is_list()) {
      for (const Node& child : node.children) walk(child);
    }
    if (!node.is_map()) return;
    if (node.text_of("kind") == "KafkaTopic") return take_manifest(node);
    take_group(node);
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      take_value(node.keys[i].text, node.children[i]);
    }
  }

  void take_names(const Node& list) {
    for (const Node& child : list.children) {
      if (child.is_scalar()) add(child.text, child.line, Role::kPlain);
    }
  }

 private:
  void add(const std::string& name, int line, Role role, TopicFacts facts = {}) {
    topics_.topics.push_back(
        {.name = name, .place = {.file = file_, .line = line}, .role = role, .facts = facts});
  }

  // Strimzi's: https://strimzi.io, kind KafkaTopic.
  void take_manifest(const Node& node) {
    const Node* spec = node.find("spec");
    const Node* metadata = node.find("metadata");
    const Node* name = spec != nullptr ? spec->find("topicName") : nullptr;
    if (name == nullptr && metadata != nullptr) name = metadata->find("name");
    if (name == nullptr || !name->is_scalar()) return;
    add(name->text, name->line, Role::kPlain, spec != nullptr ? facts_of(*spec) : TopicFacts());
  }

  void take_group(const Node& map) {
    const Node* session = map.find(kSession);
    const Node* heartbeat = map.find(kHeartbeat);
    if (session == nullptr || heartbeat == nullptr) return;
    const std::string id = map.text_of("group.id");
    topics_.groups.push_back({.name = id.empty() ? std::string(kSession) : id,
                              .place = {.file = file_, .line = session->line},
                              .session_timeout_ms = number_of(session->text),
                              .heartbeat_interval_ms = number_of(heartbeat->text)});
  }

  void take_value(const std::string& key, const Node& value) {
    const KeyKind kind = kind_of_key(key);
    if (kind == KeyKind::kOther) return walk(value);
    const Role role = role_of_key(key);
    if (value.is_scalar()) {
      take_scalar(value, kind, role);
    } else if (value.is_list()) {
      for (const Node& child : value.children) take_item(child, role);
    } else if (kind == KeyKind::kTopics && value.is_map()) {
      take_map(value, role);
    } else if (value.is_map()) {
      take_item(value, role);
    }
  }

  void take_scalar(const Node& value, KeyKind kind, Role role) {
    std::string_view rest = value.text;
    // Several names on a line, with commas; one name otherwise, whatever it is.
    while (kind == KeyKind::kTopics && rest.find(',') != std::string_view::npos) {
      const std::size_t comma = rest.find(',');
      const std::string_view name = trimmed(rest.substr(0, comma));
      if (is_name(name)) add(std::string(name), value.line, role);
      rest.remove_prefix(comma + 1);
    }
    const std::string_view name = kind == KeyKind::kTopics ? trimmed(rest) : rest;
    if (is_name(name)) add(std::string(name), value.line, role);
  }

  // One of a list of topics: a name, or a map that has one.
  void take_item(const Node& item, Role role) {
    if (item.is_scalar()) return add(item.text, item.line, role);
    if (!item.is_map() || item.text_of("kind") == "KafkaTopic") return walk(item);
    const Node* name = nullptr;
    for (const char* key : {"name", "topic", "topicName", "topic_name"}) {
      if (name == nullptr) name = item.find(key);
    }
    if (name != nullptr && name->is_scalar()) add(name->text, name->line, role, facts_of(item));
    for (std::size_t i = 0; i < item.keys.size(); ++i) {
      if (&item.children[i] != name) take_value(item.keys[i].text, item.children[i]);
    }
  }

  // Names with what is said of them; or what they are for, with their names.
  void take_map(const Node& map, Role role) {
    for (std::size_t i = 0; i < map.keys.size(); ++i) {
      const Node& key = map.keys[i];
      const Node& value = map.children[i];
      if (value.is_scalar() && is_name(value.text)) {
        add(value.text, value.line, role == Role::kPlain ? role_of_key(key.text) : role);
      } else if (value.is_list()) {
        for (const Node& child : value.children) take_item(child, role);
      } else {
        add(key.text, key.line, role, facts_of(value));
        if (value.is_map()) walk(value);
      }
    }
  }

  const std::string& file_;
  Topics& topics_;
};

}  // namespace

void read_document(const Node& root, const std::string& file, Topics& topics) {
  DocumentWalk walk(file, topics);
  if (root.is_list()) walk.take_names(root);
  walk.walk(root);
}

void read_properties(const std::vector<Property>& properties, const std::string& file,
                     Topics& topics) {
  // As a document of one map, so that both follow the same rules.
  Node root{.kind = Node::Kind::kMap, .line = 1};
  std::map<std::string, Node> consumers;  // by what stands before session.timeout.ms
  for (const Property& property : properties) {
    const Node key{.kind = Node::Kind::kScalar, .line = property.line, .text = property.key};
    const Node value{.kind = Node::Kind::kScalar, .line = property.line, .text = property.value};
    for (const std::string_view suffix : {kSession, kHeartbeat, std::string_view("group.id")}) {
      if (!property.key.ends_with(suffix)) continue;
      const std::string prefix = property.key.substr(0, property.key.size() - suffix.size());
      Node& consumer = consumers[prefix];
      consumer.kind = Node::Kind::kMap;
      consumer.keys.push_back({.kind = Node::Kind::kScalar, .text = std::string(suffix)});
      consumer.children.push_back(value);
    }
    if (kind_of_key(property.key) == KeyKind::kOther) continue;
    root.keys.push_back(key);
    root.children.push_back(value);
  }
  DocumentWalk walk(file, topics);
  walk.walk(root);
  for (const auto& [prefix, consumer] : consumers) walk.walk(consumer);
}

}  // namespace rookery::lint
