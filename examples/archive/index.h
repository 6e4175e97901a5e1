// index.h
//
// What becomes of a stanza: an entry of the index, or a rejection. Pure functions; the formats of
// the records that the archive writes are set here and nowhere else.
//
// archive.index.v1, compacted:
//   key     package TAB version TAB architecture          (none of the three holds a blank)
//   value   section TAB installed size in KiB TAB maintainer
// archive.packages.v1.dlq, archive.oversized.v1.dlq: dead letters, see
// framework/recovery/dead_letter.h; source_error_class is one of those below.
//
// Error classes: OversizedStanza (over 64 KiB), MalformedStanza (no stanza at all), MissingField
// (Package, Version, Architecture, Maintainer or Installed-Size), InvalidField (a blank in a name,
// a size that is no number). A stanza without a section is of the section "unknown".

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace archive {

inline constexpr std::size_t kStanzaBytesMax = 64 * 1024;

inline constexpr std::string_view kSectionHeader = "section";  // of archive.packages.v1

// A record of the index.
struct IndexRecord {
  std::string key;
  std::string value;
};

struct Rejection {
  std::string error_class;
  std::string message;
};

// What the server does with a stanza.
tl::expected<IndexRecord, Rejection> index_record(std::string_view stanza_text);

// A value of the index, read back; views into it.
struct IndexValue {
  std::string_view section;
  std::uint64_t installed_size_kib = 0;
  std::string_view maintainer;
};

// Error: why this is no value of the index.
tl::expected<IndexValue, std::string> parse_index_value(std::string_view value);

// Which package a stanza is of, however wrong the rest of it: a key as in the index. Empty when the
// stanza does not say.
std::string package_identity(std::string_view stanza_text);

}  // namespace archive
