// baseline.cc
//
// {"rookery_baseline": 1, "known": [{"rule": ..., "name": ...}, ...]}

#include "lint/topics/baseline.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include <rookery/base/node.h>
#include "lint/printable.h"
#include "lint/topics/rule_list.h"

namespace rookery::lint {
namespace {

using Key = std::pair<std::string, std::string>;

// Names that are no UTF-8 cannot be written in JSON: their broken bytes are escaped.
std::string writable(const std::string& name) {
  std::string_view rest = name;
  std::string out;
  while (!rest.empty()) {
    const Character character = first_character(rest);
    out += character.is_valid ? std::string(character.bytes) : printable(character.bytes);
    rest.remove_prefix(character.bytes.size());
  }
  return out;
}

Key key_of(const Finding& finding) { return {finding.rule, writable(finding.name)}; }

bool can_be_known(const Finding& finding) { return finding.rule != "exception-expired"; }

}  // namespace

std::string write_baseline(const Findings& findings) {
  std::set<Key> keys;
  for (const Finding& finding : findings) {
    if (can_be_known(finding)) keys.insert(key_of(finding));
  }
  std::string text = "{\"rookery_baseline\": 1, \"known\": [";
  const char* separator = "\n";
  for (const auto& [rule, name] : keys) {
    const nlohmann::ordered_json entry = {{"rule", rule}, {"name", name}};
    text += separator + entry.dump();
    separator = ",\n";
  }
  return text + "\n]}\n";
}

std::optional<Baseline> read_baseline(const std::string& file, std::string_view text,
                                      std::string& error) {
  const auto root = parse_json(text, error);
  if (!root) {
    error.insert(0, file + ":");
    return std::nullopt;
  }
  const Node* known = root->find("known");
  if (root->text_of("rookery_baseline") != "1" || known == nullptr || !known->is_list()) {
    error = file + ":1: is no baseline; --write-baseline makes one";
    return std::nullopt;
  }
  const std::vector<std::string> rules = topic_rule_ids();
  Baseline baseline{.file = file};
  for (const Node& node : known->children) {
    BaselineEntry entry{
        .rule = node.text_of("rule"), .name = node.text_of("name"), .line = node.line};
    if (std::find(rules.begin(), rules.end(), entry.rule) == rules.end()) {
      error =
          file + ":" + std::to_string(node.line) + ": there is no rule " + in_quotes(entry.rule);
      return std::nullopt;
    }
    baseline.entries.push_back(std::move(entry));
  }
  return baseline;
}

Findings without_known(Findings findings, const Baseline& baseline) {
  std::map<Key, bool> known;  // whether it was met
  for (const BaselineEntry& entry : baseline.entries) known[{entry.rule, entry.name}] = false;
  std::erase_if(findings, [&](const Finding& finding) {
    const auto found = can_be_known(finding) ? known.find(key_of(finding)) : known.end();
    if (found == known.end()) return false;
    found->second = true;
    return true;
  });
  for (const BaselineEntry& entry : baseline.entries) {
    if (known[{entry.rule, entry.name}]) continue;
    findings.push_back({.file = baseline.file,
                        .line = entry.line,
                        .rule = "baseline-stale",
                        .message = in_quotes(entry.name) + " breaks the rule " + entry.rule +
                                   " no more: take the entry out, or write the baseline anew",
                        .severity = Severity::kWarning,
                        .name = entry.name});
  }
  return findings;
}

}  // namespace rookery::lint
