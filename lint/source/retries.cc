// retries.cc
//
// Two words, searched outside of comments.

#include "lint/source/retries.h"

#include <algorithm>
#include <cstddef>
#include <string>

namespace rookery::lint {
namespace {

constexpr std::string_view kAttempts = "flaky_test_attempts";
constexpr std::string_view kAttribute = "flaky";

std::string without_comments(const std::string& line, const std::string& comment) {
  std::string text = line;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (comment[i] != ' ') text[i] = ' ';
  }
  return text;
}

// flaky = True, "flaky": 1: anything but False, which is the default.
bool declares_flaky(std::string_view text) {
  for (std::size_t at = text.find(kAttribute); at != std::string_view::npos;
       at = text.find(kAttribute, at + 1)) {
    std::string_view rest = text.substr(at + kAttribute.size());
    if (rest.starts_with('"')) rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (!rest.starts_with('=') && !rest.starts_with(':')) continue;
    rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (!rest.starts_with("False")) return true;
  }
  return false;
}

}  // namespace

bool is_script(std::string_view path, std::string_view text) {
  for (const std::string_view end : {".sh", ".bzl", ".yml", ".yaml", ".bazelrc"}) {
    if (path.ends_with(end)) return true;
  }
  return text.starts_with("#!");
}

Findings check_retries(const SourceFile& file) {
  Findings findings;
  const std::string_view name = file_name(file.path);
  const bool has_targets = name.starts_with("BUILD") || name.ends_with(".bzl");
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string text = without_comments(file.lines[i], file.comments[i]);
    const bool asks_for_attempts = text.find(kAttempts) != std::string::npos;
    if (!asks_for_attempts && !(has_targets && declares_flaky(text))) continue;
    findings.push_back({file.path, static_cast<int>(i) + 1, "retries",
                        "a test that fails has failed: repair it, do not run it until it passes"});
  }
  return findings;
}

}  // namespace rookery::lint
