// line_reader.cc
//
// Reads through the stream's buffer: getline would keep a line of any length.

#include "lint/logs/line_reader.h"

#include <istream>
#include <streambuf>

#include "lint/printable.h"

namespace rookery::lint {

bool LineReader::read(Line& line) {
  using Traits = std::streambuf::traits_type;
  line.text.clear();
  line.bytes_left = 0;
  std::streambuf* buffer = stream_.rdbuf();
  bool is_read = false;
  for (;;) {
    const auto next = buffer->sbumpc();
    if (Traits::eq_int_type(next, Traits::eof())) break;
    is_read = true;
    const char c = Traits::to_char_type(next);
    if (c == '\n') break;
    if (line.text.size() < kLineBytesMax) {
      line.text.push_back(c);
    } else {
      ++line.bytes_left;
    }
  }
  if (!is_read) return false;
  line.number = ++number_;
  if (line.bytes_left == 0 && line.text.ends_with('\r')) line.text.pop_back();
  line.text = valid_utf8(line.text);
  return true;
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    std::size_t ascii = 0;
    while (ascii < text.size() && static_cast<unsigned char>(text[ascii]) < 0x80) ++ascii;
    out += text.substr(0, ascii);
    text.remove_prefix(ascii);
    if (text.empty()) break;
    const Character character = first_character(text);
    out += character.is_valid ? character.bytes : std::string_view("\xef\xbf\xbd");
    text.remove_prefix(character.bytes.size());
  }
  return out;
}

}  // namespace rookery::lint
