// linter.cc
//
// Groups what the allow-list leaves, and writes each group as a sentence.

#include "lint/logs/linter.h"

#include <string_view>
#include <utility>

#include "lint/logs/entry_reader.h"
#include "lint/logs/shape.h"
#include "lint/text.h"

namespace rookery::lint {
namespace {

constexpr std::size_t kMessageBytesMax = 300;

// Cut between characters, and told that it was.
std::string shortened(const std::string& text, std::size_t bytes_left) {
  std::string_view kept(text);
  if (text.size() <= kMessageBytesMax && bytes_left == 0) return text;
  if (kept.size() > kMessageBytesMax) {
    std::size_t end = kMessageBytesMax;
    while (end > 0 && (static_cast<unsigned char>(kept[end]) & 0xC0) == 0x80) --end;
    kept = kept.substr(0, end);
  }
  const std::size_t rest = text.size() - kept.size() + bytes_left;
  return std::string(kept) + "... (" + std::to_string(rest) + " bytes more)";
}

bool is_frame(std::string_view line) {
  const std::string_view rest = trimmed(line);
  return rest.starts_with("at ") || rest.starts_with("... ");
}

// What a trace comes from: its first line and its last cause.
std::string origin_of(const LogEntry& entry) {
  std::string origin;
  for (const std::string& line : entry.trace) {
    if (is_frame(line)) continue;
    origin = shortened(std::string(trimmed(line)), 0);
    break;
  }
  std::string cause;
  for (const auto* lines : {&entry.trace, &entry.causes}) {
    for (const std::string& line : *lines) {
      if (line.starts_with("Caused by: ")) cause = line.substr(std::string("Caused by: ").size());
    }
  }
  if (!cause.empty()) {
    origin += (origin.empty() ? "caused by " : "; caused by ") + shortened(cause, 0);
  }
  return origin;
}

std::string_view exception_of(const LogEntry& entry) {
  if (entry.trace.empty()) return {};
  const std::string_view line = entry.trace.front();
  return line.substr(0, line.find_first_of(": "));
}

const char* rule_of(Level level) {
  switch (level) {
    case Level::kFatal:
      return "log-fatal";
    case Level::kError:
      return "log-error";
    default:
      return "log-warn";
  }
}

}  // namespace

const std::vector<Rule>& log_rules() {
  static const std::vector<Rule> rules{
      {"log-fatal", "A broker ended, or its virtual machine did."},
      {"log-error", "A broker logged an error that no entry of the allow-list explains."},
      {"log-warn", "A broker logged a warning that no entry of the allow-list explains."},
      {"allow-expired", "An entry of the allow-list holds until its day, and then ends."},
      {"allow-unused", "An entry of the allow-list that explains nothing hides what comes next."},
  };
  return rules;
}

LogLinter::Read LogLinter::read(const std::string& file, std::istream& stream) {
  Read read;
  EntryReader reader(file, stream);
  while (const auto entry = reader.next()) {
    ++read.entries;
    if (entry->level == Level::kQuiet || allow_list_.explains(entry->text(), today_)) continue;
    std::string shape = std::string(name(entry->level)) + ' ' + entry->logger + ' ' +
                        shape_of(entry->message) + ' ' + std::string(exception_of(*entry));
    const auto [found, is_new] = group_of_shape_.emplace(std::move(shape), groups_.size());
    if (is_new) groups_.push_back({.first = *entry, .count = 0, .files = {}, .last_file = {}});
    Group& group = groups_[found->second];
    ++group.count;
    group.files.insert(file);
    group.last_file = file;
    group.last_line = entry->line;
  }
  read.lines = reader.lines();
  return read;
}

Findings LogLinter::findings(bool is_complete) const {
  Findings findings;
  for (const Group& group : groups_) findings.push_back(finding_of(group));
  for (Finding& finding : allow_list_.findings(today_, is_complete)) {
    findings.push_back(std::move(finding));
  }
  return findings;
}

Finding LogLinter::finding_of(const Group& group) {
  const LogEntry& first = group.first;
  Finding finding{.file = first.file, .line = first.line, .rule = {}, .message = {}};
  finding.rule = rule_of(first.level);
  finding.severity = first.level == Level::kWarn ? Severity::kWarning : Severity::kError;
  finding.name = first.logger;
  std::string& message = finding.message;
  if (group.count > 1) {
    message += std::to_string(group.count) + " times";
    if (group.files.size() > 1) message += " in " + std::to_string(group.files.size()) + " files";
    message += ", last at " + group.last_file + ":" + std::to_string(group.last_line) + ": ";
  }
  message += shortened(first.message, first.bytes_left);
  if (!first.logger.empty()) message += " (" + first.logger + ")";
  const std::string origin = origin_of(first);
  if (!origin.empty()) message += "; " + origin;
  if (first.trace_lines > 1) {
    message += "; " + std::to_string(first.trace_lines) + " lines below it";
  }
  return finding;
}

}  // namespace rookery::lint
