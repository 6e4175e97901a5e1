// build_file.cc
//
// A small scanner for Starlark's comments and strings, and the packages that may be public.

#include "lint/source/build_file.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "lint/text.h"

namespace rookery::lint {
namespace {

constexpr std::string_view kPublic = "//visibility:public";

struct PublicPackage {
  std::string_view path;
  // Whether all its targets may be public by default, or each must say so.
  bool is_by_default;
};

constexpr auto kPublicPackages = std::to_array<PublicPackage>({
    // The files that tests and other workspaces name: WORKSPACE, the documents.
    {"", true},
    // Debian's libraries and the macros, under which programs are built.
    {"third_party", true},
    {"tools", true},
    // What programs include.
    {"framework", false},
    {"framework/admin", false},
    {"framework/base", true},
    {"framework/cli", false},
    {"framework/filtering", false},
    {"framework/config", false},
    {"framework/health", false},
    {"framework/instrumentation", true},
    {"framework/processing", false},
    {"framework/producing", true},
    {"framework/reading", false},
    {"framework/recovery", true},
    {"framework/routing", true},
    {"framework/runtime", true},
    {"framework/tracing", true},
    {"framework/transport", true},
    {"framework/transport/librdkafka", false},
    // What their tests and simulations include.
    {"mockbroker", true},
    {"mockbroker/transport", true},
    {"simulations", true},
    {"simulations/explorer", false},
    {"simulations/scheduler", false},
    // Programs that are run by hand or by other workspaces.
    {"bench", false},
    {"examples/archive", false},
    {"lint", false},
});

const PublicPackage* public_package(std::string_view path) {
  const auto found =
      std::find_if(kPublicPackages.begin(), kPublicPackages.end(),
                   [&](const PublicPackage& package) { return package.path == path; });
  return found == kPublicPackages.end() ? nullptr : &*found;
}

// The lines of `package(...)`, from 1, both included; 0 when there is none.
std::pair<int, int> package_call(const SourceFile& file) {
  int depth = 0;
  int first = 0;
  for (std::size_t i = 0; i < file.code.size(); ++i) {
    const std::string& line = file.code[i];
    if (first == 0 && line.starts_with("package(")) first = static_cast<int>(i) + 1;
    if (first == 0) continue;
    depth += static_cast<int>(std::count(line.begin(), line.end(), '('));
    depth -= static_cast<int>(std::count(line.begin(), line.end(), ')'));
    if (depth <= 0) return {first, static_cast<int>(i) + 1};
  }
  return {first, static_cast<int>(file.code.size())};
}

}  // namespace

bool is_build_file(std::string_view path) {
  const std::string_view name = file_name(path);
  return name == "BUILD" || name == "BUILD.bazel";
}

SourceFile parse_build(std::string path, std::string_view text) {
  SourceFile file;
  file.path = std::move(path);
  file.lines = split_lines(text);
  for (const std::string& line : file.lines) {
    char quote = '\0';
    std::string code(line.size(), ' ');
    std::string comment(line.size(), ' ');
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (quote == '\0' && c == '#') {
        std::copy(line.begin() + static_cast<std::ptrdiff_t>(i), line.end(),
                  comment.begin() + static_cast<std::ptrdiff_t>(i));
        break;
      }
      const bool is_quote = c == '"' || c == '\'';
      if (quote == '\0' || c == quote) code[i] = c;
      if (quote != '\0' && c == '\\') {
        ++i;
      } else if (is_quote && (quote == '\0' || quote == c)) {
        quote = quote == '\0' ? c : '\0';
      }
    }
    file.code.push_back(std::move(code));
    file.comments.push_back(std::move(comment));
  }
  return file;
}

Findings check_build(const SourceFile& file) {
  Findings findings;
  const auto object = [&](int line, std::string message) {
    findings.push_back({file.path, line, "build-visibility", std::move(message)});
  };
  const auto [first, last] = package_call(file);
  bool has_default = false;
  const PublicPackage* package = public_package(folder(file.path));
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const int line = static_cast<int>(i) + 1;
    const bool is_in_package = first > 0 && line >= first && line <= last;
    has_default = has_default ||
                  (is_in_package && file.code[i].find("default_visibility") != std::string::npos);
    const std::size_t at = file.lines[i].find(kPublic);
    if (at == std::string::npos || file.comments[i][at] != ' ') continue;
    if (package == nullptr) {
      object(line,
             "this package promises nothing to everybody: name who depends on it, or the "
             "package in lint/source/build_file.cc");
    } else if (is_in_package && !package->is_by_default) {
      object(line, "private by default here: a target that is for everybody says so itself");
    }
  }
  if (!has_default) {
    object(std::max(first, 1),
           "say who sees what says nothing: "
           "package(default_visibility = [\"//visibility:private\"])");
  }
  return findings;
}

}  // namespace rookery::lint
