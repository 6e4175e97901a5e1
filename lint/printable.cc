// printable.cc
//
// Decodes UTF-8 strictly (no overlong forms, no surrogates) and escapes what cannot be seen.

#include "lint/printable.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>

namespace rookery::lint {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Invisible, or changing the direction of what follows.
constexpr auto kUnseen = std::to_array<Range>({
    {0x7f, 0xa0},
    {0xad, 0xad},
    {0x61c, 0x61c},
    {0x2000, 0x200f},
    {0x2028, 0x202f},
    {0x205f, 0x206f},
    {0x3000, 0x3000},
    {0xfe00, 0xfe0f},
    {0xfeff, 0xfeff},
    {0xfff0, 0xffff},
    {0xe0000, 0x10ffff},
});

bool is_unseen(char32_t code) {
  if (code < 0x20) return true;
  for (const Range& range : kUnseen) {
    if (code >= range.first && code <= range.last) return true;
  }
  return false;
}

std::string escaped(const Character& character) {
  if (character.bytes == "\n") return "\\n";
  if (character.bytes == "\r") return "\\r";
  if (character.bytes == "\t") return "\\t";
  std::array<char, 16> text{};
  if (character.is_valid && character.code >= 0x80) {
    std::snprintf(text.data(), text.size(), "\\u{%x}", static_cast<unsigned>(character.code));
  } else {
    std::snprintf(text.data(), text.size(), "\\x%02x",
                  static_cast<unsigned>(static_cast<unsigned char>(character.bytes[0])));
  }
  return text.data();
}

std::size_t length_of(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

}  // namespace

Character first_character(std::string_view text) {
  const Character broken{.bytes = text.substr(0, 1)};
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = length_of(lead);
  if (length == 0 || length > text.size()) return broken;
  if (length == 1) return {.bytes = broken.bytes, .code = lead, .is_valid = true};
  char32_t code = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0U) != 0x80U) return broken;
    code = code << 6 | (byte & 0x3fU);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kSmallest[length] || code > 0x10ffff || is_surrogate) return broken;
  return {.bytes = text.substr(0, length), .code = code, .is_valid = true};
}

std::string printable(std::string_view text) {
  const bool is_plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (is_plain) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    const bool is_shown = character.is_valid && !is_unseen(character.code);
    out += is_shown ? std::string(character.bytes) : escaped(character);
    text.remove_prefix(character.bytes.size());
  }
  return out;
}

std::string in_quotes(std::string_view text) { return "'" + printable(text) + "'"; }

}  // namespace rookery::lint
