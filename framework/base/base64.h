// base64.h
//
// Base64 for names and texts: the alphabet of URLs, without padding (RFC 4648, section 5).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rookery {

std::string base64url_encode(std::string_view bytes);

// Strict: none when there is any other character (padding, too), a length that no encoder makes, or
// a last character with bits that stand for nothing. So each text is of one sequence of bytes only.
std::optional<std::string> base64url_decode(std::string_view text);

// How many bytes a text of `characters` can hold at most.
constexpr std::size_t base64url_capacity(std::size_t characters) {
  return characters / 4 * 3 + (characters % 4) * 3 / 4;
}

}  // namespace rookery
