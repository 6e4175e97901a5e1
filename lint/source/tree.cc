// tree.cc
//
// Reads on demand, and keeps what was read, also that there was nothing.

#include "lint/source/tree.h"

namespace rookery::lint {

const SourceFile* Tree::source(const std::string& path) {
  const auto found = sources_.find(path);
  if (found != sources_.end()) return found->second.get();
  const auto text = read_(path);
  auto& kept = sources_[path];
  if (text) kept = std::make_unique<SourceFile>(parse_source(path, *text));
  return kept.get();
}

std::optional<std::string> own_path(std::string_view target) {
  if (target.starts_with("rookery/")) {
    // The test kit is the simulations' gift to users, under the framework's name.
    if (target == "rookery/testing.h") return "simulations/testing.h";
    return "framework/" + std::string(target.substr(8));
  }
  for (const std::string_view top :
       {"framework/", "mockbroker/", "simulations/", "bench/", "examples/", "lint/"}) {
    if (target.starts_with(top)) return std::string(target);
  }
  return std::nullopt;
}

}  // namespace rookery::lint
