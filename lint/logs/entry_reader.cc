// entry_reader.cc
//
// One entry is held back until the next begins: only then are its lines complete.

#include "lint/logs/entry_reader.h"

#include <string_view>
#include <utility>
#include <vector>

#include "lint/logs/formats.h"
#include "lint/logs/json_line.h"

namespace rookery::lint {

std::optional<LogEntry> EntryReader::next() {
  while (!pieces_.empty() || read_pieces()) {
    const Line line = std::move(pieces_.front());
    pieces_.pop_front();
    std::optional<LogEntry> entry = entry_in(line, line.number == 1);
    if (!entry) {
      entry = java_entry_in(line.text, last_ && last_->level != Level::kQuiet);
      // SLF4J complains in several lines.
      if (entry && last_ && entry->logger == "SLF4J" && last_->logger == "SLF4J") entry.reset();
    }
    if (!entry) {
      add_to_last(line);
      continue;
    }
    entry->file = file_;
    entry->line = line.number;
    std::swap(last_, entry);
    if (entry) return entry;
  }
  return std::exchange(last_, std::nullopt);
}

bool EntryReader::read_pieces() {
  Line line;
  if (!lines_.read(line)) return false;
  ++line_count_;
  // Within JSON other lines may be quoted.
  const bool is_json = line.text.starts_with('{');
  const auto texts = is_json ? std::vector<std::string_view>{line.text} : torn_apart(line.text);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const bool is_last = i + 1 == texts.size();
    pieces_.push_back({.number = line.number,
                       .text = std::string(texts[i]),
                       .bytes_left = is_last ? line.bytes_left : 0});
  }
  return true;
}

void EntryReader::add_to_last(const Line& line) {
  if (!last_) return;
  std::string text = line.text;
  if (const auto json = json_line(text); json && json->is_envelope) text = json->entry.message;
  // Kafka's pattern has the logger at the end, also of a message of several lines.
  if (last_->logger.empty()) (void)take_logger(text, last_->logger);
  if (text.empty()) return;
  ++last_->trace_lines;
  if (last_->level == Level::kQuiet) return;
  if (last_->trace.size() < kTraceLinesMax) {
    last_->trace.push_back(std::move(text));
  } else if (text.starts_with("Caused by: ") && last_->causes.size() < kTraceLinesMax) {
    last_->causes.push_back(std::move(text));
  }
}

}  // namespace rookery::lint
