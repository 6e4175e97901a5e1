// config.cc
//
// Keys and what becomes of them. A preset is read first, wherever it stands, by the same functions.

#include "lint/topics/config.h"

#include <algorithm>
#include <map>
#include <utility>

#include <rookery/base/node.h>
#include "lint/printable.h"
#include "lint/text.h"
#include "lint/topics/config_values.h"

namespace rookery::lint {
namespace {

// What is said of a part, for whatever pattern has it.
struct PartRule {
  int line = 0;  // 0: of a preset
  std::vector<std::string> words = {};
  std::optional<Case> style = {};
  std::optional<std::size_t> length_max = {};
};

class ConfigReader {
 public:
  ConfigReader(const std::string& file, std::vector<std::string>& mistakes)
      : values_(file, mistakes) {
    conventions_.file = file;
  }

  void read(const Node& root);
  // Lays the parts' rules into the patterns.
  Conventions finish();

 private:
  void read_preset(const Node& node);
  void read_patterns(const Node& node);
  void read_parts(const Node& node);
  PartRule part_rule(const std::string& name, const Node& node);
  void read_version(const Node& node);
  void read_suffixes(const Node& node);
  void read_tests(const Node& node);
  void read_exceptions(const Node& node);
  void read_exception(const Node& node);

  ConfigValues values_;
  Conventions conventions_;
  std::map<std::string, PartRule> parts_;
  bool is_in_preset_ = false;
};

void ConfigReader::read(const Node& root) {
  if (const Node* preset = root.find("preset")) read_preset(*preset);
  values_.each_key(
      root, "a configuration",
      {
          {"preset", [](const Node&) {}},
          {"pattern", [this](const Node& node) { read_patterns(node); }},
          {"parts", [this](const Node& node) { read_parts(node); }},
          {"case",
           [this](const Node& node) {
             conventions_.style = values_.style(node).value_or(Case::kAny);
           }},
          {"length_max",
           [this](const Node& node) {
             conventions_.length_max = values_.length(node, "length_max").value_or(1);
           }},
          {"version", [this](const Node& node) { read_version(node); }},
          {"version_suffix",
           [this](const Node& node) {
             conventions_.version_suffix = values_.piece(node, "version_suffix");
             if (conventions_.version_suffix.find("{number}") == std::string::npos) {
               values_.mistake(node.line, "version_suffix has {number} in it, such as .v{number}");
             }
           }},
          {"suffixes", [this](const Node& node) { read_suffixes(node); }},
          {"tests", [this](const Node& node) { read_tests(node); }},
          {"exceptions", [this](const Node& node) { read_exceptions(node); }},
          {"disabled",
           [this](const Node& node) { conventions_.disabled = values_.rules(node, "disabled"); }},
      });
}

void ConfigReader::read_preset(const Node& node) {
  const std::string text = preset_text(node.text);
  if (text.empty()) return values_.unknown(node.line, "preset", node.text, preset_names());
  std::string error;
  const auto documents = parse_yaml(text, error);
  is_in_preset_ = true;
  read(documents->front());
  is_in_preset_ = false;
}

void ConfigReader::read_patterns(const Node& node) {
  std::vector<const Node*> nodes;
  if (node.is_list()) {
    for (const Node& child : node.children) nodes.push_back(&child);
  } else {
    nodes.push_back(&node);
  }
  if (nodes.empty()) values_.mistake(node.line, "pattern is a text or a list of texts");
  conventions_.patterns.clear();
  for (const Node* each : nodes) {
    const std::string text = values_.text(*each, "a pattern");
    if (text.empty()) continue;
    std::string error;
    if (auto pattern = Pattern::parse(text, error)) {
      conventions_.patterns.push_back(*std::move(pattern));
    } else {
      values_.mistake(each->line, "pattern " + in_quotes(text) + ": " + error);
    }
  }
}

void ConfigReader::read_parts(const Node& node) {
  if (!node.is_map()) return values_.mistake(node.line, "parts is a map: the part, what is said");
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string& name = node.keys[i].text;
    PartRule rule = part_rule(name, node.children[i]);
    rule.line = is_in_preset_ ? 0 : node.keys[i].line;
    parts_[name] = std::move(rule);
  }
}

PartRule ConfigReader::part_rule(const std::string& name, const Node& node) {
  PartRule rule;
  const std::string what = "parts." + name;
  if (node.is_list()) {
    rule.words = values_.pieces(node, what);
    return rule;
  }
  values_.each_key(
      node, what,
      {{"words", [&](const Node& value) { rule.words = values_.pieces(value, what + ".words"); }},
       {"case", [&](const Node& value) { rule.style = values_.style(value); }},
       {"length_max", [&](const Node& value) {
          rule.length_max = values_.length(value, what + ".length_max");
        }}});
  return rule;
}

void ConfigReader::read_version(const Node& node) {
  const std::vector<std::string> words{"any", "required", "forbidden"};
  const auto found = std::find(words.begin(), words.end(), node.text);
  if (found == words.end()) return values_.unknown(node.line, "version", node.text, words);
  conventions_.version = static_cast<Version>(found - words.begin());
}

void ConfigReader::read_suffixes(const Node& node) {
  const auto suffix = [this](const char* name, std::string& value) {
    return std::pair<std::string, std::function<void(const Node&)>>{
        name, [this, name, &value](const Node& child) {
          value = child.kind == Node::Kind::kNull
                      ? ""
                      : values_.piece(child, std::string("suffixes.") + name);
        }};
  };
  values_.each_key(
      node, "suffixes",
      {suffix("dead_letter", conventions_.dead_letter_suffix),
       suffix("retry", conventions_.retry_suffix), suffix("segment", conventions_.segment_suffix)});
}

void ConfigReader::read_tests(const Node& node) {
  TestConventions& tests = conventions_.tests;
  values_.each_key(
      node, "tests",
      {{"prefix", [&](const Node& value) { tests.prefix = values_.piece(value, "tests.prefix"); }},
       {"sources",
        [&](const Node& value) { tests.sources = values_.list(value, "tests.sources"); }}});
}

void ConfigReader::read_exceptions(const Node& node) {
  if (!node.is_list()) return values_.mistake(node.line, "exceptions is a list");
  for (const Node& child : node.children) read_exception(child);
}

void ConfigReader::read_exception(const Node& node) {
  Exception exception{.line = node.line};
  values_.each_key(
      node, "an exception",
      {{"name", [&](const Node& value) { exception.name = values_.text(value, "name"); }},
       {"rules", [&](const Node& value) { exception.rules = values_.rules(value, "rules"); }},
       {"reason", [&](const Node& value) { exception.reason = values_.text(value, "reason"); }},
       {"until", [&](const Node& value) {
          if (const auto date = date_of(value.text)) {
            exception.until = *date;
          } else {
            values_.mistake(value.line, "until " + in_quotes(value.text) + ": a day is 2027-01-31");
          }
        }}});
  for (const char* key : {"name", "reason", "until"}) {
    if (node.is_map() && node.find(key) == nullptr) {
      values_.mistake(node.line, std::string("an exception needs ") + key +
                                     ": which topics, why, and the last day it holds");
    }
  }
  conventions_.exceptions.push_back(std::move(exception));
}

Conventions ConfigReader::finish() {
  std::vector<std::string> known;
  for (Pattern& pattern : conventions_.patterns) {
    for (Part& part : pattern.parts()) {
      known.push_back(part.name);
      const auto found = parts_.find(part.name);
      const PartRule rule = found == parts_.end() ? PartRule{} : found->second;
      part.is_number = part.is_number && rule.words.empty() && !rule.style;
      part.words = rule.words;
      part.style = rule.style.value_or(conventions_.style);
      part.length_max = rule.length_max.value_or(part.length_max);
    }
  }
  for (const auto& [name, rule] : parts_) {
    const bool is_known = std::find(known.begin(), known.end(), name) != known.end();
    if (!is_known && rule.line > 0) {
      if (known.empty()) {
        values_.mistake(rule.line, "parts." + name + ": there is no pattern to have parts");
      } else {
        values_.unknown(rule.line, "part", name, known);
      }
    }
  }
  return std::move(conventions_);
}

}  // namespace

std::optional<Conventions> read_conventions(const std::string& file, std::string_view text,
                                            std::vector<std::string>& mistakes) {
  std::string error;
  const auto documents = parse_yaml(text, error);
  if (!documents) {
    mistakes.push_back(file + ":" + error);
    return std::nullopt;
  }
  if (documents->size() > 1) {
    mistakes.push_back(file + ": is more than one document");
    return std::nullopt;
  }
  const std::size_t before = mistakes.size();
  ConfigReader reader(file, mistakes);
  // An empty file is a configuration without rules.
  const bool is_empty = documents->empty() || documents->front().kind == Node::Kind::kNull;
  if (!is_empty) reader.read(documents->front());
  Conventions conventions = reader.finish();
  if (mistakes.size() > before) return std::nullopt;
  return conventions;
}

}  // namespace rookery::lint
