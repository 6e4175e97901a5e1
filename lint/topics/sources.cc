// sources.cc
//
// Finds out what a text is, and hands it to its reader.

#include "lint/topics/sources.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <rookery/base/node.h>
#include "lint/text.h"
#include "lint/topics/documents.h"
#include "lint/topics/properties.h"
#include "lint/topics/routes.h"

namespace rookery::lint {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view first_line(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!trimmed(line).empty() && !trimmed(line).starts_with('#')) return line;
  }
  return {};
}

SourceKind kind_of_text(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return SourceKind::kList;
  const char first = text[begin];
  const char last = text[text.find_last_not_of(kSpace)];
  if ((first == '{' && last == '}') || (first == '[' && last == ']')) return SourceKind::kJson;
  const std::string_view line = first_line(text);
  for (const std::string_view mark : {"---", "apiVersion:", "kind:", "items:", "topics:"}) {
    if (line.starts_with(mark)) return SourceKind::kYaml;
  }
  return SourceKind::kList;
}

void read_list(std::string_view text, const std::string& file, Topics& topics) {
  for (int number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    topics.topics.push_back({.name = std::string(line), .place = {.file = file, .line = number}});
  }
}

bool read_tree(const Node& root, const Source& source, Topics& topics, std::string& error) {
  if (is_routes(root)) return read_routes(root, source.file, topics, error);
  read_document(root, source.file, topics);
  return true;
}

bool read_text(const Source& source, std::string_view text, Topics& topics, std::string& error) {
  switch (kind_of(source)) {
    case SourceKind::kJson: {
      const auto root = parse_json(text, error);
      if (root) return read_tree(*root, source, topics, error);
      error.insert(0, source.file + ":");
      return false;
    }
    case SourceKind::kYaml: {
      const auto documents = parse_yaml(text, error);
      if (!documents) {
        error.insert(0, source.file + ":");
        return false;
      }
      return std::all_of(documents->begin(), documents->end(),
                         [&](const Node& root) { return read_tree(root, source, topics, error); });
    }
    case SourceKind::kProperties:
      read_properties(parse_properties(text), source.file, topics);
      return true;
    default:
      read_list(text, source.file, topics);
      return true;
  }
}

}  // namespace

const std::vector<std::string>& source_kind_names() {
  static const std::vector<std::string> names{"auto", "list", "yaml", "json", "properties"};
  return names;
}

const char* const kSourcesHelp =
    "Where names are read from (a source is known by the end of its name: .yaml, .yml, .json,\n"
    ".properties; otherwise by its first lines; --input says it):\n"
    "  routes      what `PROGRAM routes --format json` of a Rookery program prints\n"
    "  YAML, JSON  KafkaTopic manifests of Strimzi (spec.topicName or metadata.name);\n"
    "              `topics:` at any depth: a list of names or of maps with `name`, or a map;\n"
    "              keys that end in topic, topics or topic name: input.topic, deadLetterTopic;\n"
    "              a document that is a list of names\n"
    "  properties  keys that end so: output.topic=a, errors.deadletterqueue.topic.name=b,\n"
    "              topics=a,b\n"
    "  list        anything else: one name a line; lines that begin with # are comments\n"
    "Below such keys, true, false, numbers and placeholders such as ${TOPIC} are no names.";

SourceKind kind_of(const Source& source) {
  if (source.kind != SourceKind::kUnknown) return source.kind;
  struct Ending {
    std::string_view end;
    SourceKind kind;
  };
  constexpr auto kEndings = std::to_array<Ending>({
      {".yaml", SourceKind::kYaml},
      {".yml", SourceKind::kYaml},
      {".json", SourceKind::kJson},
      {".properties", SourceKind::kProperties},
  });
  for (const Ending& ending : kEndings) {
    if (source.file.ends_with(ending.end)) return ending.kind;
  }
  return kind_of_text(source.text);
}

bool read_source(const Source& source, Topics& topics, std::string& error) {
  std::string_view text = source.text;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::size_t before = topics.topics.size();
  if (!read_text(source, text, topics, error)) return false;
  for (std::size_t i = before; i < topics.topics.size(); ++i) {
    topics.topics[i].is_in_tests = source.is_in_tests;
  }
  return true;
}

}  // namespace rookery::lint
