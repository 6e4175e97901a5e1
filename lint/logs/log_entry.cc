// log_entry.cc
//
// The text of an entry is written once, here: patterns of allow-lists rely on its form.

#include "lint/logs/log_entry.h"

namespace rookery::lint {

std::string LogEntry::text() const {
  std::string text = std::string(name(level)) + " " + message;
  if (!logger.empty()) text += " (" + logger + ")";
  for (const std::string& below : trace) text += "\n" + below;
  for (const std::string& below : causes) text += "\n" + below;
  return text;
}

const char* name(Level level) {
  switch (level) {
    case Level::kQuiet:
      return "INFO";
    case Level::kWarn:
      return "WARN";
    case Level::kError:
      return "ERROR";
    case Level::kFatal:
      return "FATAL";
  }
  return "INFO";
}

}  // namespace rookery::lint
