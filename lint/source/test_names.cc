// test_names.cc
//
// The macros that define tests, and the words of their names.

#include "lint/source/test_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::lint {
namespace {

constexpr auto kMacros = std::to_array<std::string_view>({
    "TEST",
    "TEST_F",
    "TEST_P",
    "TYPED_TEST",
    "TYPED_TEST_P",
    "RC_GTEST_PROP",
    "RC_GTEST_FIXTURE_PROP",
    "RC_GTEST_TYPED_FIXTURE_PROP",
});

// Words that say nothing of what holds.
constexpr auto kHollow = std::to_array<std::string_view>({
    "A",    "Basic", "Basics", "Case",    "Check", "Checks", "Correct", "Correctly",
    "Fine", "Foo",   "Good",   "Is",      "It",    "Misc",   "Ok",      "Simple",
    "Test", "Tests", "The",    "Various", "Work",  "Works",
});

bool is_upper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool is_alphanumeric(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

bool is_camel(std::string_view name) {
  return !name.empty() && is_upper(name.front()) &&
         std::all_of(name.begin(), name.end(), is_alphanumeric);
}

// "CommitsAt3Of5" is Commits, At, Of: digits are no words.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  bool is_new = true;
  for (const char c : name) {
    if (is_digit(c)) {
      is_new = true;
      continue;
    }
    if (is_upper(c) || is_new) words.emplace_back();
    words.back() += c;
    is_new = false;
  }
  return words;
}

bool says_what_holds(std::string_view name) {
  const std::vector<std::string> words = words_of(name);
  const bool is_hollow = std::all_of(words.begin(), words.end(), [](const std::string& word) {
    return std::find(kHollow.begin(), kHollow.end(), word) != kHollow.end();
  });
  return words.size() >= 2 && !is_hollow;
}

std::string objection(const std::string& suite, const std::string& name) {
  if (name.starts_with("DISABLED_")) {
    return "a test that is switched off tests nothing: repair it, or take it out";
  }
  if (!is_camel(suite)) return "the suite '" + suite + "' is not CamelCase";
  if (!is_camel(name)) return "the case '" + name + "' is not CamelCase";
  if (!says_what_holds(name)) {
    return "'" + name + "' does not say what holds: name the case as a sentence, such as " +
           "CommitsTheContiguousPrefixOnly";
  }
  return "";
}

std::string trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1));
}

}  // namespace

Findings check_test_names(const SourceFile& file) {
  Findings findings;
  for (std::size_t i = 0; i < file.code.size(); ++i) {
    // Macros stand at the start of a line; what defines one is no test.
    const std::string& line = file.code[i];
    const std::size_t open = line.find('(');
    if (open == std::string::npos) continue;
    const std::string macro = line.substr(0, open);
    if (std::find(kMacros.begin(), kMacros.end(), macro) == kMacros.end()) continue;
    std::string arguments = line.substr(open + 1);
    // A long name may stand on the next line.
    if (arguments.find_first_of(")({") == std::string::npos && i + 1 < file.code.size()) {
      arguments += '\n' + file.code[i + 1];
    }
    const std::size_t comma = arguments.find(',');
    if (comma == std::string::npos) continue;
    const std::size_t end = arguments.find_first_of(",)", comma + 1);
    const std::string suite = trim(std::string_view(arguments).substr(0, comma));
    const std::string name = trim(std::string_view(arguments).substr(
        comma + 1, end == std::string::npos ? end : end - comma - 1));
    const std::string message = objection(suite, name);
    if (message.empty()) continue;
    Finding finding{file.path, static_cast<int>(i) + 1, "test-name", message};
    finding.name = suite + "." + name;
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace rookery::lint
