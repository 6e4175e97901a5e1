// dlq_text.cc
//
// Tables that fit, and bytes that are safe to look at.
#include <rookery/cli/dlq_text.h>

#include <rookery/cli/moment.h>
#include <rookery/cli/printable.h>
#include <rookery/cli/table.h>

#include <cstdio>

namespace rookery {
namespace {

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

std::string list_text(const DeadLetterList& list, std::size_t width) {
  std::string text;
  if (!list.letters.empty()) {
    Table table({{"dead letter", Align::kWhole},
                 {"time", Align::kWhole},
                 {"source"},
                 {"class"},
                 {"message"}});
    for (const ListedDeadLetter& letter : list.letters) {
      table.add({place_text(letter.place), format_moment(letter.time),
                 place_text({letter.source.partition, letter.source.offset}),
                 letter.source.error_class, letter.source.error_message});
    }
    text += table.text(width);
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
