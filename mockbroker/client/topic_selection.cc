// topic_selection.cc
//
// Regular expressions are ECMAScript's, and must match from the first character as '^' says.
#include "mockbroker/client/topic_selection.h"

#include <utility>

namespace rookery::mock {

Result<TopicSelection> TopicSelection::parse(const std::vector<std::string>& topics) {
  if (topics.empty()) return fail(ErrorCode::kInvalidArgument, "subscribe: no topics");
  TopicSelection selection;
  for (const std::string& topic : topics) {
    if (topic.empty()) return fail(ErrorCode::kInvalidArgument, "subscribe: an empty topic name");
    if (topic.front() != '^') {
      selection.names_.insert(topic);
      continue;
    }
    try {
      selection.patterns_.emplace_back(topic);
    } catch (const std::regex_error& error) {
      return fail(ErrorCode::kInvalidArgument,
                  "subscribe: '" + topic + "' is no regular expression: " + error.what());
    }
  }
  return selection;
}

std::set<std::string> TopicSelection::resolve(const std::vector<std::string>& existing) const {
  std::set<std::string> topics = names_;
  for (const std::string& topic : existing) {
    if (topic.starts_with("__")) continue;
    for (const std::regex& pattern : patterns_) {
      if (!std::regex_search(topic, pattern)) continue;
      topics.insert(topic);
      break;
    }
  }
  return topics;
}

}  // namespace rookery::mock
