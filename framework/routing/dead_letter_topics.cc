// dead_letter_topics.cc
//
// Queues and rules of all routes.
#include <rookery/routing/dead_letter_topics.h>

#include <set>

namespace rookery {
namespace {

void add_of(const Decision& decision, std::set<std::string>& topics) {
  if (!decision.topic.empty()) topics.insert(decision.topic);
  if (decision.next) add_of(*decision.next, topics);
}

}  // namespace

bool may_make_dead_letters(const App& app) {
  for (const auto& [name, group] : app.groups()) {
    for (const ConsumerGroup::Route& route : group.routes()) {
      const TopicSettings settings = settings_of(app, name, route.topic);
      if (settings.dead_letter_queue || !settings.on_error.empty()) return true;
    }
  }
  return false;
}

std::vector<std::string> dead_letter_topics(const App& app) {
  std::set<std::string> topics;
  for (const auto& [name, group] : app.groups()) {
    for (const ConsumerGroup::Route& route : group.routes()) {
      const TopicSettings settings = settings_of(app, name, route.topic);
      if (settings.dead_letter_queue && !settings.dead_letter_queue->topic.empty()) {
        topics.insert(settings.dead_letter_queue->topic);
      }
      for (const ErrorRule& rule : settings.on_error.rules()) add_of(rule.decision(), topics);
    }
  }
  return {topics.begin(), topics.end()};
}

}  // namespace rookery
