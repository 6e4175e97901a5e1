// printable.h
//
// Any bytes as one line for a terminal. What people cannot see, or what would move their cursor, is
// written out: control characters, invisible and direction-changing characters, broken UTF-8.
//
//   printable("orders\n")        // orders\n, as backslash and n
//   in_quotes("größe\xff")          // 'größe\xff'
#pragma once

#include <string>
#include <string_view>

namespace rookery::lint {

std::string printable(std::string_view text);

// The same between single quotes.
std::string in_quotes(std::string_view text);

// The first character of a text: its bytes, and its number; bytes that are no UTF-8 are taken one
// by one and have no number. Not of an empty text.
struct Character {
  std::string_view bytes;
  char32_t code = 0;
  bool is_valid = false;
};
Character first_character(std::string_view text);

}  // namespace rookery::lint
