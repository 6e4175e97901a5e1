// topic_selection.h
//
// What a consumer wants to read: names and regular expressions (a name that begins with '^').
//
// Thread rules: guarded by CO.
#pragma once

#include <rookery/base/result.h>

#include <regex>
#include <set>
#include <string>
#include <vector>

namespace rookery::mock {

// Names and patterns; which of the topics that exist they mean.
class TopicSelection {
 public:
  TopicSelection() = default;
  // Errors: kInvalidArgument for an empty list, an empty name, a pattern that is none.
  static Result<TopicSelection> parse(const std::vector<std::string>& topics);

  bool empty() const { return names_.empty() && patterns_.empty(); }
  bool has_patterns() const { return !patterns_.empty(); }
  const std::set<std::string>& names() const { return names_; }
  // Names, and those of `existing` that match a pattern. Topics whose name begins with "__" are
  // Kafka's own and match none.
  std::set<std::string> resolve(const std::vector<std::string>& existing) const;

 private:
  std::set<std::string> names_;
  std::vector<std::regex> patterns_;
};

}  // namespace rookery::mock
