// config_values.cc
//
// Each reading tells its mistake and answers something harmless.

#include "lint/topics/config_values.h"

#include <rookery/base/nearest.h>

#include <algorithm>
#include <cstddef>

#include "lint/printable.h"
#include "lint/text.h"
#include "lint/topics/endings.h"
#include "lint/topics/name_rules.h"
#include "lint/topics/rule_list.h"

namespace rookery::lint {

void ConfigValues::mistake(int line, const std::string& message) {
  mistakes_.push_back(file_ + ":" + std::to_string(line) + ": " + message);
}

void ConfigValues::unknown(int line, const std::string& what, const std::string& word,
                           const std::vector<std::string>& known) {
  const std::string meant = nearest(word, known);
  mistake(line, "unknown " + what + " " + in_quotes(word) +
                    (meant.empty() ? "; there are " + alternatives(known, known.size())
                                   : "; did you mean " + in_quotes(meant) + "?"));
}

void ConfigValues::each_key(const Node& node, const std::string& what, const Keys& keys) {
  if (!node.is_map()) return mistake(node.line, what + " is a map of keys and values");
  std::vector<std::string> known;
  for (const auto& [name, read] : keys) known.push_back(name);
  std::set<std::string> seen;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const Node& key = node.keys[i];
    const auto found = std::find(known.begin(), known.end(), key.text);
    if (found == known.end()) {
      unknown(key.line, "key", key.text, known);
    } else if (!seen.insert(key.text).second) {
      mistake(key.line, in_quotes(key.text) + " stands twice");
    } else {
      keys[static_cast<std::size_t>(found - known.begin())].second(node.children[i]);
    }
  }
}

std::string ConfigValues::text(const Node& node, const std::string& what) {
  if (node.is_scalar() && !trimmed(node.text).empty()) return node.text;
  mistake(node.line, what + " is a text, and not empty");
  return "";
}

std::string ConfigValues::piece(const Node& node, const std::string& what) {
  const std::string written = text(node, what);
  if (written.empty()) return "";
  const std::string sample = with_number(written, "1");
  for (const Objection& objection : kafka_objections(sample)) {
    // Of whole names, not of pieces.
    if (objection.rule == "name-dots" || objection.rule == "name-reserved") continue;
    mistake(node.line, what + ": " + objection.message);
    return "";
  }
  return written;
}

std::vector<std::string> ConfigValues::list(const Node& node, const std::string& what) {
  std::vector<std::string> words;
  if (!node.is_list() || node.children.empty()) {
    mistake(node.line, what + " is a list, such as [a, b], and not empty");
    return words;
  }
  for (const Node& child : node.children) words.push_back(text(child, "each of " + what));
  return words;
}

std::vector<std::string> ConfigValues::pieces(const Node& node, const std::string& what) {
  std::vector<std::string> words = list(node, what);
  for (const Node& child : node.children) {
    if (child.is_scalar()) (void)piece(child, "each of " + what);
  }
  return words;
}

std::optional<std::size_t> ConfigValues::length(const Node& node, const std::string& what) {
  const auto number = node.is_scalar() ? number_of(node.text) : std::nullopt;
  if (number && *number >= 1 && *number <= static_cast<std::int64_t>(kNameLengthMax)) {
    return static_cast<std::size_t>(*number);
  }
  mistake(node.line, what + " is a number from 1 to " + std::to_string(kNameLengthMax));
  return std::nullopt;
}

std::optional<Case> ConfigValues::style(const Node& node) {
  const auto style = case_of(node.text);
  if (!style) unknown(node.line, "case", node.text, case_names());
  return style;
}

std::set<std::string> ConfigValues::rules(const Node& node, const std::string& what) {
  const std::vector<std::string> known = topic_rule_ids();
  std::set<std::string> ids;
  const std::vector<std::string> words = list(node, what);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (std::find(known.begin(), known.end(), words[i]) != known.end()) {
      ids.insert(words[i]);
    } else if (!words[i].empty()) {
      unknown(node.children[i].line, "rule", words[i], known);
    }
  }
  return ids;
}

}  // namespace rookery::lint
