// dlq_text.cc
//
// Tables that fit, and bytes that are safe to look at.
#include <rookery/cli/dlq_text.h>

#include <rookery/cli/moment.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace rookery {
namespace {

constexpr std::size_t kColumns = 5;
using Row = std::array<std::string, kColumns>;

// How many bytes the character at the beginning has; 0: it is none that may be printed.
std::size_t character_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return byte(0) >= 0x20 && byte(0) != 0x7f ? 1 : 0;
  const std::size_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
  }
  const bool is_control = byte(0) == 0xc2 && byte(1) < 0xa0;
  const bool is_overlong =
      (byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xf0 && byte(1) < 0x90);
  const bool is_surrogate = byte(0) == 0xed && byte(1) >= 0xa0;
  const bool is_beyond = byte(0) == 0xf4 && byte(1) >= 0x90;
  return is_control || is_overlong || is_surrogate || is_beyond ? 0 : size;
}

// On one line: what may not be printed is a blank or a question mark.
std::string one_line(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    const std::size_t size = character_at(text);
    if (size > 0) {
      line.append(text, 0, size);
    } else {
      line += text.front() == '\n' || text.front() == '\t' || text.front() == '\r' ? ' ' : '?';
    }
    text.remove_prefix(std::max<std::size_t>(1, size));
  }
  return line;
}

// Of a line: characters.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
  }));
}

std::string cut(const std::string& text, std::size_t width) {
  if (width_of(text) <= width) return text;
  std::size_t bytes = 0;
  for (std::size_t left = width > 0 ? width - 1 : 0; left > 0; --left) {
    bytes += std::max<std::size_t>(1, character_at(std::string_view(text).substr(bytes)));
  }
  return text.substr(0, bytes) + "…";
}

// The message gives way first, then the class, then the source; where a dead letter is stays whole.
void fit(std::array<std::size_t, kColumns>& widths, std::size_t width) {
  constexpr std::size_t kBetween = 2 * (kColumns - 1);
  constexpr std::array<std::size_t, 3> kGiveWay = {4, 3, 2};
  constexpr std::size_t kLeast = 8;
  std::size_t total = kBetween;
  for (const std::size_t column : widths) total += column;
  for (const std::size_t column : kGiveWay) {
    if (total <= width) return;
    const std::size_t spare = widths[column] > kLeast ? widths[column] - kLeast : 0;
    const std::size_t given = std::min(spare, total - width);
    widths[column] -= given;
    total -= given;
  }
}

std::string table(const std::vector<Row>& rows, std::size_t width) {
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  if (width > 0) fit(widths, width);
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < kColumns; ++i) {
      const std::string cell = cut(row[i], widths[i]);
      line += cell + std::string(widths[i] - width_of(cell) + 2, ' ');
    }
    text.append(line, 0, line.find_last_not_of(' ') + 1).append("\n");
  }
  return text;
}

std::string counted(std::uint64_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string others_text(std::uint64_t others) {
  if (others == 0) return "";
  return counted(others, "other record") + (others == 1 ? " is" : " are") + " no dead letter" +
         (others == 1 ? "\n" : "s\n");
}

// A short value on one line.
std::string value_text(Bytes value) {
  if (value.is_null()) return "(null)";
  if (value.empty()) return "(empty)";
  if (is_text(value.view()) && value.view().find('\n') == std::string_view::npos) {
    return value.str();
  }
  std::string text = "0x";
  char digits[3];
  for (const char byte : value.view()) {
    std::snprintf(digits, sizeof digits, "%02x",
                  static_cast<unsigned>(static_cast<unsigned char>(byte)));
    text += digits;
  }
  return text;
}

std::string field(const std::string& name, const std::string& value) {
  return name + std::string(name.size() < 14 ? 14 - name.size() : 1, ' ') + value + "\n";
}

}  // namespace

std::uint64_t RedriveCounts::sent_in_all() const {
  std::uint64_t all = 0;
  for (const auto& [topic, count] : sent) all += count;
  return all;
}

std::string place_text(const TopicPartitionOffset& place) {
  return place.partition.text() + "@" + std::to_string(place.offset);
}

bool is_text(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t size = character_at(bytes);
    if (bytes.front() == '\n' || bytes.front() == '\t') size = 1;
    if (bytes.starts_with("\r\n")) size = 2;
    if (size == 0) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

std::string hex_dump(std::string_view bytes) {
  constexpr std::size_t kPerLine = 16;
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += kPerLine) {
    const std::string_view line = bytes.substr(at, kPerLine);
    char digits[24];
    std::snprintf(digits, sizeof digits, "%08zx ", at);
    text += digits;
    std::string right;
    for (std::size_t i = 0; i < kPerLine; ++i) {
      if (i < line.size()) {
        const auto byte = static_cast<unsigned char>(line[i]);
        std::snprintf(digits, sizeof digits, " %02x", static_cast<unsigned>(byte));
        text += digits;
        right += byte >= 0x20 && byte < 0x7f ? line[i] : '.';
      } else {
        text += "   ";
      }
    }
    text += "  |" + right + "|\n";
  }
  return text;
}

std::string list_text(const DeadLetterList& list, std::size_t width) {
  std::string text;
  if (!list.letters.empty()) {
    std::vector<Row> rows = {{"dead letter", "time", "source", "class", "message"}};
    for (const ListedDeadLetter& letter : list.letters) {
      rows.push_back({one_line(place_text(letter.place)), format_moment(letter.time),
                      one_line(place_text({letter.source.partition, letter.source.offset})),
                      one_line(letter.source.error_class), one_line(letter.source.error_message)});
    }
    text += table(rows, width);
  }
  text += counted(list.matched, "dead letter");
  if (list.letters.size() < list.matched) {
    text += ", the newest " + std::to_string(list.letters.size()) + " shown: --limit N shows more";
  }
  return text + "\n" + others_text(list.others);
}

std::string letter_text(const Record& record, const DeadLetterSource& source) {
  const TopicPartitionOffset place{record.topic_partition(), record.offset()};
  std::string text = field("dead letter", place_text(place)) +
                     field("time", format_moment(record.timestamp())) +
                     field("source", place_text({source.partition, source.offset}));
  if (source.timestamp_ms >= 0) {
    text += field("source time",
                  format_moment(Timestamp(std::chrono::milliseconds(source.timestamp_ms))));
  }
  text +=
      field("group", one_line(source.group)) + field("attempts", std::to_string(source.attempts)) +
      field("trace id", one_line(source.trace_id)) + field("class", one_line(source.error_class)) +
      field("message", one_line(source.error_message)) + field("key", value_text(record.key()));
  for (const auto& [name, value] : record.headers()) {
    text += field("header", one_line(name) + ": " + value_text(value));
  }
  if (record.value().is_null()) return text + field("payload", "(null)");
  const std::string_view payload = record.value().view();
  text += field("payload", counted(payload.size(), "byte"));
  if (payload.empty()) return text;
  text += "\n" + (is_text(payload) ? std::string(payload) : hex_dump(payload));
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

std::string redrive_text(const RedriveCounts& counts) {
  const std::uint64_t sent = counts.sent_in_all();
  std::string text = counts.is_dry ? "would send back " : "sent back ";
  text += counts.is_dry ? counted(sent, "dead letter")
                        : std::to_string(sent) + " of " + counted(counts.matched, "dead letter");
  const char* before = ": ";
  for (const auto& [topic, count] : counts.sent) {
    text += std::exchange(before, ", ") + std::to_string(count) + " to " + topic;
  }
  return text + "\n" + others_text(counts.others);
}

}  // namespace rookery
