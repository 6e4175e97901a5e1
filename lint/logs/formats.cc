// formats.cc
//
// Beginnings are found by expressions, which say at a glance what is accepted.

#include "lint/logs/formats.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <string>
#include <utility>

#include "lint/logs/json_line.h"

namespace rookery::lint {
namespace {

constexpr const char* kHead =
    R"(^\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?\s+)"
    R"((?:\[[^\]]*\]\s+|main\s+)?\[?(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\s*\]?:?(?:\s+(.*))?$)";

// The second half of a line.
constexpr const char* kTail = R"(^[-\d :.,TZ]*\] (WARN|ERROR|FATAL) (.*)$)";

constexpr const char* kHeadWithin =
    R"(\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d+\] (?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) )";

struct JavaLine {
  const char* pattern;
  Level level;
  const char* logger;
  bool is_in_traces;  // a trace may hold such a line, too
};

constexpr auto kJavaLines = std::to_array<JavaLine>({
    {R"(^Exception in thread ")", Level::kError, "java", false},
    {R"(^Exception: .* thrown from the UncaughtExceptionHandler)", Level::kError, "java", false},
    {R"(^java\.lang\.OutOfMemoryError)", Level::kError, "java", true},
    {R"(^Terminating due to java\.lang\.)", Level::kFatal, "java", false},
    {R"(^# A fatal error has been detected by the Java Runtime)", Level::kFatal, "java", false},
    {R"(^(?:OpenJDK|Java HotSpot).* warning: )", Level::kWarn, "java", false},
    {R"(^SLF4J(?:\(W\))?: )", Level::kWarn, "SLF4J", false},
    {R"(^SLF4J\(E\): )", Level::kError, "SLF4J", false},
    {R"(^log4j:WARN )", Level::kWarn, "log4j", false},
    {R"(^log4j:ERROR )", Level::kError, "log4j", false},
    {R"(^WARN StatusLogger )", Level::kWarn, "log4j", false},
    {R"(^(?:ERROR|FATAL) StatusLogger )", Level::kError, "log4j", false},
});

const std::vector<std::unique_ptr<re2::RE2>>& java_patterns() {
  static const auto patterns = [] {
    std::vector<std::unique_ptr<re2::RE2>> made;
    for (const JavaLine& line : kJavaLines)
      made.push_back(std::make_unique<re2::RE2>(line.pattern));
    return made;
  }();
  return patterns;
}

Level level_of(std::string_view word) {
  if (word == "WARN") return Level::kWarn;
  if (word == "ERROR") return Level::kError;
  if (word == "FATAL") return Level::kFatal;
  return Level::kQuiet;
}

std::optional<LogEntry> match(const re2::RE2& pattern, std::string_view text) {
  re2::StringPiece level;
  re2::StringPiece message;
  if (!re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), pattern, &level, &message)) {
    return std::nullopt;
  }
  LogEntry entry{.level = level_of({level.data(), level.size()})};
  if (!message.empty()) entry.message = std::string(message.data(), message.size());
  take_logger(entry.message, entry.logger);
  return entry;
}

std::optional<LogEntry> entry_in(std::string_view text, bool is_first) {
  static const re2::RE2 head(kHead);
  static const re2::RE2 tail(kTail);
  if (!text.empty() && (text[0] == '[' || std::isdigit(static_cast<unsigned char>(text[0])))) {
    if (auto entry = match(head, text)) return entry;
  }
  return is_first ? match(tail, text) : std::nullopt;
}

}  // namespace

std::optional<LogEntry> entry_in(const Line& line, bool is_first) {
  if (auto json = json_line(line.text)) {
    // Docker's envelope: what it holds is a line like any other, or continues one.
    if (json->is_envelope) {
      Line inner{.number = line.number, .text = json->entry.message, .bytes_left = line.bytes_left};
      return entry_in(inner, is_first);
    }
    json->entry.bytes_left = line.bytes_left;
    return std::move(json->entry);
  }
  auto entry = entry_in(std::string_view(line.text), is_first);
  if (entry) entry->bytes_left = line.bytes_left;
  return entry;
}

std::optional<LogEntry> java_entry_in(std::string_view text, bool is_in_trace) {
  // Almost every line is told apart by its first letter.
  if (text.empty() || std::string_view("EjT#OJSlWF").find(text[0]) == std::string_view::npos) {
    return std::nullopt;
  }
  const re2::StringPiece piece(text.data(), text.size());
  for (std::size_t i = 0; i < kJavaLines.size(); ++i) {
    if (is_in_trace && kJavaLines[i].is_in_traces) continue;
    if (!re2::RE2::PartialMatch(piece, *java_patterns()[i])) continue;
    LogEntry entry{.level = kJavaLines[i].level, .logger = kJavaLines[i].logger};
    entry.message = std::string(text);
    return entry;
  }
  return std::nullopt;
}

std::vector<std::string_view> torn_apart(std::string_view text) {
  static const re2::RE2 head(kHeadWithin);
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  std::size_t from = 1;
  while (from < text.size() && text.find("] ", from) != std::string_view::npos) {
    const re2::StringPiece whole(text.data(), text.size());
    re2::StringPiece found;
    if (!head.Match(whole, from, text.size(), re2::RE2::UNANCHORED, &found, 1)) break;
    const auto at = static_cast<std::size_t>(found.data() - text.data());
    pieces.push_back(text.substr(begin, at - begin));
    begin = at;
    from = at + found.size();
  }
  pieces.push_back(text.substr(begin));
  return pieces;
}

bool take_logger(std::string& text, std::string& logger) {
  if (!text.ends_with(')')) return false;
  const std::size_t open = text.rfind('(');
  if (open == std::string::npos || (open > 0 && text[open - 1] != ' ')) return false;
  const std::string_view inside = std::string_view(text).substr(open + 1, text.size() - open - 2);
  const bool is_name = !inside.empty() && std::all_of(inside.begin(), inside.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '$' ||
           c == '-';
  });
  if (!is_name) return false;
  logger = std::string(inside);
  text.resize(open == 0 ? 0 : open - 1);
  return true;
}

}  // namespace rookery::lint
