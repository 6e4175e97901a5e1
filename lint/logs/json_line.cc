// json_line.cc
//
// Names are looked for in order; the first that is there counts.

#include "lint/logs/json_line.h"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>

#include "lint/text.h"

namespace rookery::lint {
namespace {

using Json = nlohmann::json;

constexpr const char* kHalf =
    R"re(^\{.*"(?:level|log\.level|severity)"\s*:\s*"(WARN|WARNING|ERROR|FATAL)")re";

// A value by its path, "log.level" being one name or two.
const Json* find(const Json& object, const std::string& path) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(path);
  if (found != object.end()) return &*found;
  const std::size_t dot = path.find('.');
  if (dot == std::string::npos) return nullptr;
  const auto outer = object.find(path.substr(0, dot));
  return outer == object.end() ? nullptr : find(*outer, path.substr(dot + 1));
}

std::string text_of(const Json& object, std::initializer_list<const char*> paths) {
  for (const char* path : paths) {
    const Json* value = find(object, path);
    if (value == nullptr || value->is_null() || value->is_structured()) continue;
    return value->is_string() ? value->get<std::string>() : value->dump();
  }
  return "";
}

Level level_of(std::string word) {
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (word == "WARN" || word == "WARNING") return Level::kWarn;
  if (word == "ERROR" || word == "SEVERE") return Level::kError;
  if (word == "FATAL" || word == "CRITICAL") return Level::kFatal;
  return Level::kQuiet;
}

void add_trace(const std::string& text, LogEntry& entry) {
  for (std::string& line : split_lines(text)) {
    if (line.ends_with('\r')) line.pop_back();
    ++entry.trace_lines;
    if (entry.trace.size() < kTraceLinesMax) {
      entry.trace.push_back(std::move(line));
    } else if (line.starts_with("Caused by: ") && entry.causes.size() < kTraceLinesMax) {
      entry.causes.push_back(std::move(line));
    }
  }
}

std::optional<JsonLine> half_line(std::string_view text) {
  static const re2::RE2 half(kHalf);
  re2::StringPiece level;
  if (!re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), half, &level)) {
    return std::nullopt;
  }
  JsonLine line;
  line.entry.level = level_of(std::string(level.data(), level.size()));
  line.entry.message = std::string(text);
  return line;
}

}  // namespace

std::optional<JsonLine> json_line(std::string_view text) {
  if (!text.starts_with('{')) return std::nullopt;
  const Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return half_line(text);
  JsonLine line;
  const Json* envelope = find(object, "log");
  if (envelope != nullptr && envelope->is_string() && object.find("level") == object.end()) {
    line.is_envelope = true;
    line.entry.message = envelope->get<std::string>();
    while (!line.entry.message.empty() &&
           (line.entry.message.back() == '\n' || line.entry.message.back() == '\r')) {
      line.entry.message.pop_back();
    }
    return line;
  }
  const std::string level = text_of(object, {"level", "log.level", "severity", "levelname"});
  // Some JSON that is not a log's: it continues what was said before.
  if (level.empty()) return std::nullopt;
  line.entry.level = level_of(level);
  line.entry.logger =
      text_of(object, {"logger", "log.logger", "loggerName", "logger_name", "class"});
  const std::string message = text_of(object, {"message", "msg", "@message"});
  const std::size_t end = message.find('\n');
  line.entry.message = message.substr(0, end);
  if (end != std::string::npos) add_trace(message.substr(end + 1), line.entry);
  add_trace(text_of(object, {"error.stack_trace", "stack_trace", "thrown.extendedStackTrace",
                             "exception.stacktrace", "exception", "throwable", "thrown.name"}),
            line.entry);
  return line;
}

}  // namespace rookery::lint
