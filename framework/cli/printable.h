// printable.h
//
// Bytes of strangers, made safe to look at: no control character of theirs reaches a terminal, and
// no broken UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rookery {

// How many bytes the UTF-8 character at the beginning has, controls included; 0: there is none.
std::size_t character_size(std::string_view text);
bool is_utf8(std::string_view bytes);
// Valid UTF-8 that moves no cursor: no control characters but newlines and tabs.
bool is_text(std::string_view bytes);

// On one line: what may not be printed is a blank or a question mark.
std::string one_line(std::string_view text);
// On one line, with nothing lost: \n, \t, \r, \\, and \x1b for each other byte that may not be
// printed.
std::string escaped(std::string_view bytes);

// Of a line: characters.
std::size_t width_of(std::string_view text);
// To so many characters, the last of them an ellipsis.
std::string cut(std::string_view text, std::size_t width);

// "00000000  68 65 6c 6c 6f ...  |hello...|", 16 bytes a line.
std::string hex_dump(std::string_view bytes);
// RFC 4648, section 4: with padding.
std::string base64(std::string_view bytes);

}  // namespace rookery
