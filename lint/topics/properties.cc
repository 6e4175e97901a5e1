// properties.cc
//
// java.util.Properties.load, with lines counted and UTF-8 let through.

#include "lint/topics/properties.h"

#include <charconv>
#include <cstddef>
#include <cstdint>

namespace rookery::lint {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f'; }

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0U | code >> 6);
    out += static_cast<char>(0x80U | (code & 0x3fU));
  } else {
    out += static_cast<char>(0xe0U | code >> 12);
    out += static_cast<char>(0x80U | (code >> 6 & 0x3fU));
    out += static_cast<char>(0x80U | (code & 0x3fU));
  }
}

// What a backslash and the characters after it mean; moves past them.
void append_escape(std::string& out, std::string_view text, std::size_t& at) {
  const char c = text[at++];
  constexpr std::string_view kNames = "tnrf";
  constexpr std::string_view kMeant = "\t\n\r\f";
  if (c == 'u' && at + 4 <= text.size()) {
    std::uint32_t code = 0;
    const char* const end = text.data() + at + 4;
    if (std::from_chars(text.data() + at, end, code, 16).ptr == end) {
      append_utf8(out, code);
      at += 4;
      return;
    }
  }
  const std::size_t named = kNames.find(c);
  out += named == std::string_view::npos ? c : kMeant[named];
}

// A line with those that continue it, without the backslashes and line ends between them.
struct LogicalLine {
  std::string text;
  int line = 0;
};

std::vector<LogicalLine> logical_lines(std::string_view text) {
  std::vector<LogicalLine> lines;
  bool goes_on = false;
  int number = 0;
  while (!text.empty()) {
    ++number;
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
    if (!goes_on) {
      if (line.empty() || line.front() == '#' || line.front() == '!') continue;
      lines.push_back({.line = number});
    }
    std::size_t backslashes = 0;
    while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\') ++backslashes;
    goes_on = backslashes % 2 == 1;
    if (goes_on) line.remove_suffix(1);
    lines.back().text += line;
  }
  return lines;
}

Property property_of(const LogicalLine& line) {
  Property property{.line = line.line};
  const std::string_view text = line.text;
  std::size_t at = 0;
  while (at < text.size() && !is_blank(text[at]) && text[at] != '=' && text[at] != ':') {
    if (text[at] == '\\' && at + 1 < text.size()) {
      append_escape(property.key, text, ++at);
    } else {
      property.key += text[at++];
    }
  }
  while (at < text.size() && is_blank(text[at])) ++at;
  if (at < text.size() && (text[at] == '=' || text[at] == ':')) ++at;
  while (at < text.size() && is_blank(text[at])) ++at;
  while (at < text.size()) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      append_escape(property.value, text, ++at);
    } else {
      property.value += text[at++];
    }
  }
  return property;
}

}  // namespace

std::vector<Property> parse_properties(std::string_view text) {
  std::vector<Property> properties;
  for (const LogicalLine& line : logical_lines(text)) properties.push_back(property_of(line));
  return properties;
}

}  // namespace rookery::lint
