// stanza.h
//
// One stanza of a Debian package index: the fields that the archive needs, as views into its text.
//
//   StanzaResult parsed = parse_stanza("Package: hello\nVersion: 2.10-3\nSource: hello (2.9)");
//   parsed->source   // "hello"
//
// Strict about the form (deb822 without comments), silent about fields it does not know. A field
// that is missing or blank is an empty view: who needs it decides what that means.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace archive {

// Views into the text that was parsed, trimmed of blanks at both ends.
struct Stanza {
  std::string_view package;
  std::string_view version;
  std::string_view architecture;
  std::string_view
      source;  // without the version some carry in brackets; the package if none is given
  std::string_view section;
  std::string_view maintainer;
  std::string_view installed_size;  // KiB, as written
};

// The text is no stanza.
struct StanzaError {
  std::size_t line = 0;  // in the text, from 1
  std::string message;   // without the line
};

using StanzaResult = tl::expected<Stanza, StanzaError>;

// `text` has no empty line; whether it ends with a newline makes no difference. Copies nothing.
StanzaResult parse_stanza(std::string_view text);

}  // namespace archive
