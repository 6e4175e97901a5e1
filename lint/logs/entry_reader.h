// entry_reader.h
//
// The entries of a log, each with the lines that belong to it: stack traces, and messages of
// several lines. Lines before the first entry belong to one that is not there, and are passed over.
//
//   EntryReader reader("server.log", stream);
//   while (const auto entry = reader.next()) ...
#pragma once

#include <cstddef>
#include <deque>
#include <iosfwd>
#include <optional>
#include <string>

#include "lint/logs/line_reader.h"
#include "lint/logs/log_entry.h"

namespace rookery::lint {

class EntryReader {
 public:
  EntryReader(std::string file, std::istream& stream) : file_(std::move(file)), lines_(stream) {}

  // Nothing at the end.
  std::optional<LogEntry> next();

  std::size_t lines() const { return line_count_; }

 private:
  bool read_pieces();
  void add_to_last(const Line& line);

  std::string file_;
  LineReader lines_;
  std::size_t line_count_ = 0;
  std::deque<Line> pieces_;  // of the line that was read last
  std::optional<LogEntry> last_;
};

}  // namespace rookery::lint
