// log_entry.h
//
// What one line of a log says, and the lines that belong to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rookery::lint {

// Below kWarn nothing is told apart.
enum class Level : std::uint8_t { kQuiet, kWarn, kError, kFatal };

struct LogEntry {
  std::string file = {};
  int line = 0;
  Level level = Level::kQuiet;
  std::string logger = {};               // empty: not told
  std::string message = {};              // its first line, without time, level and logger
  std::vector<std::string> trace = {};   // the lines below it, at most kTraceLinesMax of them
  std::size_t trace_lines = 0;           // all of them
  std::vector<std::string> causes = {};  // "Caused by" of the lines that were not kept
  std::size_t bytes_left = 0;            // of a first line that was too long to keep

  // What patterns are searched in: "WARN message (logger)", then the trace, a line each.
  std::string text() const;
};

inline constexpr std::size_t kTraceLinesMax = 200;

// WARN, ERROR or FATAL; INFO for all that is quiet.
const char* name(Level level);

}  // namespace rookery::lint
