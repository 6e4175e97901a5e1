// stanza_reader.h
//
// Cuts a stream of stanzas, of any length, into stanzas. Holds one block of input at a time.
//
//   StanzaReader reader([&](char* into, std::size_t size) { return input.read(into, size); });
//   for (;;) {
//     Result<std::optional<StanzaText>> next = reader.next();
//     if (!next) ...            // a read failed, or the input is no package index: its line is
//     named if (!*next) break;        // the end
//   }
//
// Thread rules: one thread.

#pragma once

#include <rookery/base/result.h>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace archive {

// What is longer is not read as one stanza: a record could not hold it (Kafka's message.max.bytes).
inline constexpr std::size_t kStanzaReadBytesMax = 900'000;

struct StanzaText {
  std::string_view text;  // without the newline at its end; valid until the next call
  std::size_t line = 0;   // of the input, from 1, where it begins
};

class StanzaReader {
 public:
  // Fills up to `size` bytes and says how many; 0 is the end.
  using Source = std::function<rookery::Result<std::size_t>(char* into, std::size_t size)>;

  explicit StanzaReader(Source source) : source_(std::move(source)) {}

  // The next stanza; nothing at the end. Errors: the source's; kInvalidArgument when the input ends
  // inside a line (it was cut short) or holds a stanza that is too long.
  rookery::Result<std::optional<StanzaText>> next();

 private:
  rookery::Status read_more();
  void skip_empty_lines();

  Source source_;
  std::string buffer_;
  std::size_t begin_ = 0;    // of what was not given out yet
  std::size_t scanned_ = 0;  // no stanza ends before
  std::size_t line_ = 1;     // the line at begin_
  bool is_at_end_ = false;
};

}  // namespace archive
