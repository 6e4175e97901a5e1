// shape.cc
//
// A word with a digit in it names a thing; so do identifiers and paths.

#include "lint/logs/shape.h"

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace rookery::lint {
namespace {

// Kafka's topic ids: 16 bytes in base 64.
constexpr std::size_t kUuidLength = 22;

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' ||
         c == '/' || c == '$' || c == '@' || static_cast<unsigned char>(c) >= 0x80;
}

bool names_a_thing(std::string_view word) {
  const bool has_digit = std::any_of(word.begin(), word.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
  if (has_digit || word.starts_with('/')) return true;
  return word.size() == kUuidLength && std::all_of(word.begin(), word.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
         });
}

// Behind the brace that closes the one at `at`; the end if there is none, as when a line was cut.
std::size_t behind_braces(std::string_view message, std::size_t at) {
  int depth = 0;
  for (; at < message.size(); ++at) {
    if (message[at] == '{') ++depth;
    if (message[at] == '}' && --depth == 0) return at + 1;
  }
  return at;
}

}  // namespace

std::string shape_of(std::string_view message) {
  std::string shape;
  for (std::size_t at = 0; at < message.size();) {
    std::size_t end = at;
    while (end < message.size() && is_name_character(message[end])) ++end;
    if (message[at] == '{') {
      shape += "{}";
      at = behind_braces(message, at);
      continue;
    }
    if (end == at) {
      shape += message[at++];
      continue;
    }
    const std::string_view word = message.substr(at, end - at);
    // Lists of things are of one shape, however many there are.
    if (!names_a_thing(word)) {
      shape += word;
    } else if (shape.ends_with("#, ") || shape.ends_with("#,")) {
      shape.resize(shape.rfind('#') + 1);
    } else {
      shape += '#';
    }
    at = end;
  }
  return shape;
}

}  // namespace rookery::lint
