// words.cc
//
// ASCII by hand: what a letter is must not depend on the machine's locale.

#include "lint/topics/words.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "lint/printable.h"

namespace rookery::lint {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_lower(c) || is_upper(c) || is_digit(c); }
char lowered(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
char raised(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

// U+00C0 to U+00FF without their accents; a blank where there is no such letter.
constexpr std::string_view kUnaccented =
    "AAAAAAACEEEEIIIIDNOOOOO OUUUUYTsaaaaaaaceeeeiiiidnooooo ouuuuyty";

std::string unaccented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Character character = first_character(text);
    text.remove_prefix(character.bytes.size());
    if (character.is_valid && character.code >= 0xc0 && character.code <= 0xff) {
      out += character.code == 0xdf ? "ss" : std::string(1, kUnaccented[character.code - 0xc0]);
    } else {
      out += character.bytes.size() == 1 ? character.bytes[0] : ' ';
    }
  }
  return out;
}

// Words of the same characters, one separator between two of them.
template <class IsPart>
bool is_joined(std::string_view text, char separator, IsPart is_part) {
  bool is_word_open = false;
  for (const char c : text) {
    if (is_part(c)) {
      is_word_open = true;
    } else if (c == separator && is_word_open) {
      is_word_open = false;
    } else {
      return false;
    }
  }
  return is_word_open;
}

}  // namespace

const std::vector<std::string>& case_names() {
  static const std::vector<std::string> names{"any",   "lower",       "upper", "kebab",
                                              "snake", "upper_snake", "camel", "pascal"};
  return names;
}

std::optional<Case> case_of(std::string_view name) {
  const auto& names = case_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Case>(found - names.begin());
}

const std::string& name_of(Case style) { return case_names()[static_cast<std::size_t>(style)]; }

bool is_in_case(std::string_view text, Case style) {
  const auto is_small = [](char c) { return is_lower(c) || is_digit(c); };
  const auto is_capital = [](char c) { return is_upper(c) || is_digit(c); };
  if (text.empty()) return false;
  switch (style) {
    case Case::kAny:
      return true;
    case Case::kLower:
      return std::all_of(text.begin(), text.end(), is_small);
    case Case::kUpper:
      return std::all_of(text.begin(), text.end(), is_capital);
    case Case::kKebab:
      return is_joined(text, '-', is_small);
    case Case::kSnake:
      return is_joined(text, '_', is_small);
    case Case::kUpperSnake:
      return is_joined(text, '_', is_capital);
    case Case::kCamel:
      return is_small(text[0]) && std::all_of(text.begin(), text.end(), is_word);
    case Case::kPascal:
      return is_capital(text[0]) && std::all_of(text.begin(), text.end(), is_word);
  }
  return false;
}

std::vector<std::string> words_in(std::string_view text) {
  std::vector<std::string> words;
  std::string changed;
  if (std::any_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; })) {
    changed = unaccented(text);
    text = changed;
  }
  bool is_open = false;
  char previous = ' ';
  for (const char c : text) {
    if (!is_word(c)) {
      is_open = false;
    } else {
      if (!is_open || (is_upper(c) && is_lower(previous))) words.emplace_back();
      words.back() += lowered(c);
      is_open = true;
    }
    previous = c;
  }
  return words;
}

std::string in_case(const std::vector<std::string>& words, Case style) {
  const bool is_capital = style == Case::kUpper || style == Case::kUpperSnake;
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty() && (style == Case::kKebab || style == Case::kAny)) out += '-';
    if (!out.empty() && (style == Case::kSnake || style == Case::kUpperSnake)) out += '_';
    const bool is_head = style == Case::kPascal || (style == Case::kCamel && !out.empty());
    for (std::size_t i = 0; i < word.size(); ++i) {
      out += is_capital || (is_head && i == 0) ? raised(word[i]) : word[i];
    }
  }
  return out;
}

std::string alternatives(const std::vector<std::string>& words, std::size_t shown_most) {
  const std::size_t shown = std::min(words.size(), shown_most);
  std::string out;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  if (shown < words.size()) out += " or one of " + std::to_string(words.size() - shown) + " more";
  return out;
}

}  // namespace rookery::lint
