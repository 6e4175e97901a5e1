// presets.cc
//
// Conventions that teams begin with, as the YAML they could have written.

#include <array>

#include "lint/topics/config.h"

namespace rookery::lint {
namespace {

struct Preset {
  const char* name;
  const char* text;
};

constexpr auto kPresets = std::to_array<Preset>({
    {"domain.type.name.v1",
     "pattern: '{domain}.{type}.{name}.v{version}'\n"
     "case: kebab\n"
     "parts: {type: [command, event, query, state]}\n"
     "suffixes: {dead_letter: .dlq, retry: .retry}\n"},
    {"domain.name.v1",
     "pattern: '{domain}.{name}.v{version}'\n"
     "case: kebab\n"
     "suffixes: {dead_letter: .dlq, retry: .retry}\n"},
    {"name.v1",
     "pattern: '{name}.v{version}'\n"
     "case: kebab\n"
     "suffixes: {dead_letter: .dlq, retry: .retry}\n"},
    // As data platforms name them: what kind of data, which data set, what of it.
    {"type.dataset.name",
     "pattern: '{type}.{dataset}.{name}'\n"
     "case: snake\n"
     "parts: {type: [logging, queuing, tracking, etl, db, streaming, push, user]}\n"
     "suffixes: {dead_letter: .dlq, retry: .retry}\n"},
    {"kebab",
     "case: kebab\n"
     "pattern: '{name}'\n"
     "suffixes: {dead_letter: -dlq, retry: -retry}\n"},
    {"snake",
     "case: snake\n"
     "pattern: '{name}'\n"
     "suffixes: {dead_letter: _dlq, retry: _retry}\n"},
    {"kafka", "{}\n"},
});

}  // namespace

std::string preset_text(std::string_view name) {
  for (const Preset& preset : kPresets) {
    if (preset.name == name) return preset.text;
  }
  return "";
}

const std::vector<std::string>& preset_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Preset& preset : kPresets) list.emplace_back(preset.name);
    return list;
  }();
  return names;
}

}  // namespace rookery::lint
