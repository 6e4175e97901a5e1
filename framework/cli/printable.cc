// printable.cc
//
// UTF-8 (RFC 3629), and what of it may be printed.
#include <rookery/cli/printable.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace rookery {
namespace {

unsigned char byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

// Of a whole character: C0, DEL or C1.
bool is_control(std::string_view character) {
  const unsigned char first = byte_at(character, 0);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && byte_at(character, 1) < 0xa0;
}

// 0: nothing that may be printed.
std::size_t printable_size(std::string_view text) {
  const std::size_t size = character_size(text);
  return size > 0 && !is_control(text.substr(0, size)) ? size : 0;
}

}  // namespace

std::size_t character_size(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned char first = byte_at(text, 0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte_at(text, i) & 0xc0U) != 0x80) return 0;
  }
  const unsigned char second = byte_at(text, 1);
  const bool is_overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool is_surrogate = first == 0xed && second >= 0xa0;
  const bool is_beyond = first == 0xf4 && second >= 0x90;
  return is_overlong || is_surrogate || is_beyond ? 0 : size;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t size = character_size(bytes);
    if (size == 0) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

bool is_text(std::string_view bytes) {
  while (!bytes.empty()) {
    const bool is_blank =
        bytes.front() == '\n' || bytes.front() == '\t' || bytes.starts_with("\r\n");
    const std::size_t size = is_blank ? 1 : printable_size(bytes);
    if (size == 0) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

std::string one_line(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    const std::size_t size = printable_size(text);
    if (size > 0) {
      line.append(text, 0, size);
    } else {
      line += text.front() == '\n' || text.front() == '\t' || text.front() == '\r' ? ' ' : '?';
    }
    text.remove_prefix(std::max<std::size_t>(1, size));
  }
  return line;
}

std::string escaped(std::string_view bytes) {
  std::string line;
  while (!bytes.empty()) {
    const std::size_t size = printable_size(bytes);
    const char first = bytes.front();
    if (first == '\\' || first == '\n' || first == '\t' || first == '\r') {
      line += '\\';
      line += first == '\n' ? 'n' : first == '\t' ? 't' : first == '\r' ? 'r' : first;
    } else if (size > 0) {
      line.append(bytes, 0, size);
    } else {
      char code[8];
      std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned>(byte_at(bytes, 0)));
      line += code;
    }
    bytes.remove_prefix(std::max<std::size_t>(1, size));
  }
  return line;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
  }));
}

std::string cut(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text);
  std::size_t bytes = 0;
  for (std::size_t left = width > 0 ? width - 1 : 0; left > 0; --left) {
    bytes += std::max<std::size_t>(1, character_size(text.substr(bytes)));
  }
  return std::string(text.substr(0, bytes)) + "…";
}

std::string hex_dump(std::string_view bytes) {
  constexpr std::size_t kPerLine = 16;
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += kPerLine) {
    const std::string_view line = bytes.substr(at, kPerLine);
    char digits[24];
    std::snprintf(digits, sizeof digits, "%08zx ", at);
    text += digits;
    std::string right;
    for (std::size_t i = 0; i < kPerLine; ++i) {
      if (i < line.size()) {
        const auto byte = static_cast<unsigned char>(line[i]);
        std::snprintf(digits, sizeof digits, " %02x", static_cast<unsigned>(byte));
        text += digits;
        right += byte >= 0x20 && byte < 0x7f ? line[i] : '.';
      } else {
        text += "   ";
      }
    }
    text += "  |" + right + "|\n";
  }
  return text;
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= group.size() ? kDigits[bits >> (18 - 6 * i) & 63U] : '=';
    }
  }
  return text;
}

}  // namespace rookery
