// stanza.cc
//
// A line is `Name: value`, or the continuation of the one before when it begins with a blank.

#include "examples/archive/stanza.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace archive {
namespace {

// What a line of the input looks like in a message: printable, and short whatever it was.
std::string shown(std::string_view line) {
  constexpr std::size_t kBytesMax = 40;
  std::string text;
  for (const char c : line.substr(0, kBytesMax)) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x20 || byte >= 0x7f ? '?' : c;
  }
  return "'" + text + (line.size() > kBytesMax ? "...'" : "'");
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Names are printable ASCII without blank and colon, and begin with neither '#' nor '-'.
bool is_field_name(std::string_view name) {
  if (name.empty() || name.front() == '#' || name.front() == '-') return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// Field names are the same in upper and lower case.
bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

struct Wanted {
  std::string_view name;
  std::string_view Stanza::*field;
};
constexpr auto kWanted = std::to_array<Wanted>({
    {"Package", &Stanza::package},
    {"Version", &Stanza::version},
    {"Architecture", &Stanza::architecture},
    {"Source", &Stanza::source},
    {"Section", &Stanza::section},
    {"Maintainer", &Stanza::maintainer},
    {"Installed-Size", &Stanza::installed_size},
});

std::optional<std::size_t> wanted_index(std::string_view name) {
  for (std::size_t i = 0; i < kWanted.size(); ++i) {
    if (same_name(name, kWanted[i].name)) return i;
  }
  return std::nullopt;
}

class Parser {
 public:
  std::optional<std::string> take_line(std::string_view line) {
    if (line.find('\0') != std::string_view::npos) return "a byte of zero: this is no text";
    if (line.empty()) return "an empty line inside a stanza";
    if (line.front() == ' ' || line.front() == '\t') return continue_field(line);
    return begin_field(line);
  }

  Stanza finish() {
    const std::size_t bracket = stanza_.source.find_first_of(" \t(");
    stanza_.source = stanza_.source.substr(0, bracket);
    if (stanza_.source.empty()) stanza_.source = stanza_.package;
    return stanza_;
  }

 private:
  std::optional<std::string> begin_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_field_name(line.substr(0, colon))) {
      return "neither a field nor the continuation of one: " + shown(line);
    }
    is_in_field_ = true;
    current_ = wanted_index(line.substr(0, colon));
    if (!current_) return std::nullopt;
    if (seen_[*current_]) return "a second field " + std::string(kWanted[*current_].name);
    seen_[*current_] = true;
    stanza_.*kWanted[*current_].field = trimmed(line.substr(colon + 1));
    return std::nullopt;
  }

  std::optional<std::string> continue_field(std::string_view line) {
    if (!is_in_field_) return "a continuation of nothing: " + shown(line);
    if (trimmed(line).empty()) return "a line of blanks inside a stanza";
    if (current_) {
      return "field " + std::string(kWanted[*current_].name) + " goes on in a second line";
    }
    return std::nullopt;
  }

  Stanza stanza_;
  std::array<bool, kWanted.size()> seen_{};
  bool is_in_field_ = false;
  std::optional<std::size_t> current_;  // the wanted field that the last line was of
};

}  // namespace

StanzaResult parse_stanza(std::string_view text) {
  Parser parser;
  std::size_t line_number = 0;
  if (text.empty()) return tl::unexpected<StanzaError>({1, "an empty stanza"});
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    ++line_number;
    if (auto objection = parser.take_line(text.substr(0, end))) {
      return tl::unexpected<StanzaError>({line_number, std::move(*objection)});
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parser.finish();
}

}  // namespace archive
