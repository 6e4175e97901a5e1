// routes.cc
//
// The form is framework/cli/routes.h's, whose number is `rookery_routes`.

#include "lint/topics/routes.h"

#include <cstdint>
#include <utility>

#include "lint/text.h"

namespace rookery::lint {
namespace {

constexpr std::int64_t kForm = 1;
constexpr const char* kMark = "rookery_routes";

std::optional<std::int64_t> number_at(const Node& node, std::string_view key) {
  return number_of(node.text_of(key));
}

class RoutesReader {
 public:
  RoutesReader(const std::string& file, Topics& topics) : file_(file), topics_(topics) {}

  void read_group(const Node& node) {
    const std::string name = node.text_of("name");
    const std::string path = "groups." + name;
    topics_.groups.push_back({.name = name,
                              .place = place(path),
                              .session_timeout_ms = number_at(node, "session_timeout_ms"),
                              .heartbeat_interval_ms = number_at(node, "heartbeat_interval_ms")});
    if (const Node* routes = node.find("topics")) {
      for (const Node& route : routes->children) read_route(route, path);
    }
  }

  void read_topic(const Node& node) {
    const std::string name = node.text_of("name");
    Topic topic{.name = name, .place = place("topics." + name)};
    topic.facts.replication = number_at(node, "replication_factor");
    if (const Node* config = node.find("config")) {
      topic.facts.retention_ms = number_at(*config, "retention.ms");
      topic.facts.min_insync_replicas = number_at(*config, "min.insync.replicas");
      const std::string policy = config->text_of("cleanup.policy");
      if (!policy.empty()) topic.facts.is_compacted = policy.find("compact") != std::string::npos;
    }
    topics_.topics.push_back(std::move(topic));
  }

  void read_mistake(const Node& node) {
    topics_.mistakes.push_back(
        {.place = place(node.text_of("path")), .message = node.text_of("message")});
  }

 private:
  Place place(std::string setting) const { return {.file = file_, .setting = std::move(setting)}; }

  void read_route(const Node& node, const std::string& group_path) {
    const std::string name = node.text_of("name");
    const std::string path = group_path + ".topics." + name;
    topics_.topics.push_back({.name = name, .place = place(path)});
    Route route{
        .topic = name, .place = place(path), .retry_ms_max = number_at(node, "retry_ms_max")};
    if (const Node* dead_letters = node.find("dead_letter_topics")) {
      for (const Node& topic : dead_letters->children) {
        route.dead_letter_topics.push_back(topic.text);
        topics_.topics.push_back({.name = topic.text,
                                  .place = place(path + ".dead_letter_topics"),
                                  .role = Role::kDeadLetter});
      }
    }
    topics_.routes.push_back(std::move(route));
  }

  const std::string& file_;
  Topics& topics_;
};

}  // namespace

bool is_routes(const Node& root) { return root.find(kMark) != nullptr; }

bool read_routes(const Node& root, const std::string& file, Topics& topics, std::string& error) {
  if (number_of(root.text_of(kMark)) != kForm) {
    error = file + ": these routes have form " + root.text_of(kMark) + ", this linter knows form " +
            std::to_string(kForm);
    return false;
  }
  RoutesReader reader(file, topics);
  const auto each = [&](const char* key, void (RoutesReader::*read)(const Node&)) {
    const Node* list = root.find(key);
    if (list == nullptr) return;
    for (const Node& node : list->children) (reader.*read)(node);
  };
  each("groups", &RoutesReader::read_group);
  each("topics", &RoutesReader::read_topic);
  each("mistakes", &RoutesReader::read_mistake);
  return true;
}

}  // namespace rookery::lint
