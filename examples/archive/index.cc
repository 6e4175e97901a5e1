// index.cc
//
// The checks in the order in which a stanza is refused: size, form, presence, content.

#include "examples/archive/index.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "examples/archive/stanza.h"

namespace archive {
namespace {

constexpr std::string_view kUnknownSection = "unknown";

tl::unexpected<Rejection> reject(std::string_view error_class, std::string message) {
  return tl::unexpected<Rejection>({std::string(error_class), std::move(message)});
}

// Digits only: no sign, no blank, nothing behind.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// What separates fields in the index may not be in one; no other control character is welcome.
bool is_one_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f; });
}

std::string joined(std::string_view a, std::string_view b, std::string_view c) {
  std::string text;
  text.reserve(a.size() + b.size() + c.size() + 2);
  return text.append(a).append(1, '\t').append(b).append(1, '\t').append(c);
}

}  // namespace

tl::expected<IndexRecord, Rejection> index_record(std::string_view stanza_text) {
  if (stanza_text.size() > kStanzaBytesMax) {
    return reject("OversizedStanza", "a stanza of " + std::to_string(stanza_text.size()) +
                                         " bytes, more than " + std::to_string(kStanzaBytesMax));
  }
  const StanzaResult stanza = parse_stanza(stanza_text);
  if (!stanza) {
    return reject("MalformedStanza",
                  "line " + std::to_string(stanza.error().line) + ": " + stanza.error().message);
  }
  struct Named {
    std::string_view name;
    std::string_view value;
  };
  for (const Named& field : std::to_array<Named>({{"Package", stanza->package},
                                                  {"Version", stanza->version},
                                                  {"Architecture", stanza->architecture},
                                                  {"Maintainer", stanza->maintainer},
                                                  {"Installed-Size", stanza->installed_size}})) {
    if (field.value.empty()) return reject("MissingField", "no " + std::string(field.name));
  }
  const std::string_view section = stanza->section.empty() ? kUnknownSection : stanza->section;
  for (const Named& field : std::to_array<Named>({{"Package", stanza->package},
                                                  {"Version", stanza->version},
                                                  {"Architecture", stanza->architecture},
                                                  {"Section", section}})) {
    if (!is_one_word(field.value)) {
      return reject("InvalidField", std::string(field.name) + " is not one word");
    }
  }
  const auto size = parse_number(stanza->installed_size);
  if (!size) return reject("InvalidField", "Installed-Size is no number of KiB");
  return IndexRecord{joined(stanza->package, stanza->version, stanza->architecture),
                     joined(section, std::to_string(*size), stanza->maintainer)};
}

tl::expected<IndexValue, std::string> parse_index_value(std::string_view value) {
  const std::size_t first = value.find('\t');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\t', first + 1);
  if (second == std::string_view::npos) return tl::unexpected<std::string>("three fields expected");
  const auto size = parse_number(value.substr(first + 1, second - first - 1));
  if (!size) return tl::unexpected<std::string>("the installed size is no number");
  return IndexValue{value.substr(0, first), *size, value.substr(second + 1)};
}

std::string package_identity(std::string_view stanza_text) {
  const StanzaResult stanza = parse_stanza(stanza_text);
  if (!stanza || stanza->package.empty() || stanza->version.empty() ||
      stanza->architecture.empty()) {
    return {};
  }
  return joined(stanza->package, stanza->version, stanza->architecture);
}

}  // namespace archive
