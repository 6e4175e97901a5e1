// stanza_reader.cc
//
// A stanza ends at an empty line, or at the end of the input.

#include "examples/archive/stanza_reader.h"

#include <algorithm>

namespace archive {

using rookery::ErrorCode;
using rookery::fail;
using rookery::Result;
using rookery::Status;

namespace {
constexpr std::size_t kBlockBytes = 256 * 1024;
}  // namespace

Status StanzaReader::read_more() {
  // What was given out is dropped here, so that the buffer stays at a stanza and a block.
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  const std::size_t kept = buffer_.size();
  buffer_.resize(kept + kBlockBytes);
  const Result<std::size_t> got = source_(buffer_.data() + kept, kBlockBytes);
  buffer_.resize(kept + (got ? *got : 0));
  if (!got) return fail(got.error());
  is_at_end_ = *got == 0;
  return {};
}

void StanzaReader::skip_empty_lines() {
  while (begin_ < buffer_.size() && buffer_[begin_] == '\n') {
    ++begin_;
    ++line_;
  }
  scanned_ = std::max(scanned_, begin_);
}

Result<std::optional<StanzaText>> StanzaReader::next() {
  for (;;) {
    skip_empty_lines();
    std::size_t end = buffer_.find("\n\n", scanned_);
    if (end == std::string::npos && is_at_end_) {
      if (begin_ == buffer_.size()) return std::nullopt;
      if (buffer_.back() != '\n') {
        const auto lines =
            std::count(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.end(), '\n');
        return fail(ErrorCode::kInvalidArgument,
                    "line " + std::to_string(line_ + static_cast<std::size_t>(lines)) +
                        ": the input ends inside a line: it was cut short");
      }
      end = buffer_.size() - 1;
    }
    const std::size_t seen = std::min(end, buffer_.size()) - begin_;
    if (seen > kStanzaReadBytesMax) {
      return fail(ErrorCode::kInvalidArgument,
                  "line " + std::to_string(line_) + ": no empty line within " +
                      std::to_string(kStanzaReadBytesMax) + " bytes: this is no package index");
    }
    if (end != std::string::npos) {
      const StanzaText found{std::string_view(buffer_).substr(begin_, end - begin_), line_};
      line_ += static_cast<std::size_t>(std::count(found.text.begin(), found.text.end(), '\n')) + 1;
      begin_ = end + 1;
      scanned_ = begin_;
      return found;
    }
    // The last byte may be the first half of an empty line.
    scanned_ = std::max(begin_, buffer_.empty() ? 0 : buffer_.size() - 1);
    if (Status more = read_more(); !more) return fail(more.error());
  }
}

}  // namespace archive
