// line_reader.h
//
// A stream line by line, in bounded memory whatever it holds. CR LF is one end; the last line needs
// none. Bytes that are no UTF-8 become U+FFFD, so that patterns and reports can rely on text.
//
//   LineReader reader(std::cin);
//   for (Line line; reader.read(line);) ...
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>

namespace rookery::lint {

// Of a longer line the rest is counted, not kept: no log line needs more to be understood.
inline constexpr std::size_t kLineBytesMax = 64 * 1024;

struct Line {
  int number = 0;              // from 1
  std::string text;            // without its end
  std::size_t bytes_left = 0;  // how many more there were
};

class LineReader {
 public:
  explicit LineReader(std::istream& stream) : stream_(stream) {}

  // False at the end of the stream.
  bool read(Line& line);

 private:
  std::istream& stream_;
  int number_ = 0;
};

std::string valid_utf8(std::string_view text);

}  // namespace rookery::lint
