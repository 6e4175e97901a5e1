// sources.h
//
// Topic names and settings out of what teams have: a list, YAML, JSON, .properties, the routes of a
// Rookery program. kSourcesHelp says which places of a document are read.
//
//   Topics topics;
//   std::string error;
//   read_source({.file = "kafka/topics.yaml", .text = text}, topics, error);
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lint/topics/topic.h"

namespace rookery::lint {

// What a text is taken for. kUnknown: found out from the file's name, then from the text.
enum class SourceKind : std::uint8_t { kUnknown, kList, kYaml, kJson, kProperties };

// The words of --input, in the order of the enumeration: auto, list, yaml, json, properties.
const std::vector<std::string>& source_kind_names();

struct Source {
  std::string file;  // "-": standard input
  std::string text;
  SourceKind kind = SourceKind::kUnknown;
  bool is_in_tests = false;
};

extern const char* const kSourcesHelp;

// Adds what the source tells. False, and `error` is a line, when it cannot be read.
bool read_source(const Source& source, Topics& topics, std::string& error);

// What a source is taken for. Never kUnknown.
SourceKind kind_of(const Source& source);

}  // namespace rookery::lint
