// dead_letter.cc
//
// Headers, written and read.
#include <rookery/recovery/dead_letter.h>

#include <rookery/base/murmur2.h>

#include <charconv>

namespace rookery {
namespace {

// Of these headers (docs/formats.md): raised when a reader of the version before would
// misunderstand them.
constexpr int kDeadLetterSchema = 1;
constexpr std::string_view kSchemaName = "source_schema";

// The newest source's, which stands before its source_topic; 1 where there is none: written before
// the header was. Nothing: it is no number.
std::optional<int> schema_of(const Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (name == "source_topic") break;
    if (name != kSchemaName) continue;
    const std::string_view text = value.view();
    int version = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
    return version;
  }
  return 1;
}

// At most so many bytes, and no half of a UTF-8 character at the end.
std::string cut(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t size = most;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  // Bytes that are no UTF-8 at all are cut where they are.
  return text.substr(0, most - size > 3 ? most : size);
}

std::optional<std::string> first(const Headers& headers, std::string_view name) {
  for (const auto& [found, value] : headers) {
    if (found == name) return std::string(value.view());
  }
  return std::nullopt;
}

template <class Number>
std::optional<Number> number(const Headers& headers, std::string_view name) {
  const std::optional<std::string> text = first(headers, name);
  if (!text) return std::nullopt;
  Number value = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

Headers dead_letter_headers(const Headers& original, const DeadLetterSource& source) {
  Headers headers = without_source(original);
  headers.add(std::string(kSchemaName), std::to_string(kDeadLetterSchema));
  headers.add("source_topic", source.partition.topic);
  headers.add("source_partition", std::to_string(source.partition.partition));
  headers.add("source_offset", std::to_string(source.offset));
  headers.add("source_consumer_group", source.group);
  headers.add("source_attempts", std::to_string(source.attempts));
  headers.add("source_trace_id", source.trace_id);
  headers.add("source_timestamp", std::to_string(source.timestamp_ms));
  headers.add("source_error_class", source.error_class);
  headers.add("source_error_message", cut(source.error_message, kErrorMessageMost));
  for (const auto& [name, value] : original) {
    if (name.starts_with(kSourcePrefix)) headers.add(name, value);
  }
  return headers;
}

PartitionId dead_letter_partition(PartitionId source, std::int32_t count) {
  return partition_of_key(std::to_string(source), count);
}

Result<DeadLetterSource> read_dead_letter(const Headers& headers) {
  const std::optional<int> schema = schema_of(headers);
  if (!schema || *schema < 1) {
    return fail(ErrorCode::kInvalidRecord, "no dead letter: source_schema is no version");
  }
  if (*schema > kDeadLetterSchema) {
    return fail(ErrorCode::kInvalidRecord, "a dead letter of version " + std::to_string(*schema) +
                                               ", which is not known here");
  }
  const auto topic = first(headers, "source_topic");
  const auto partition = number<PartitionId>(headers, "source_partition");
  const auto offset = number<Offset>(headers, "source_offset");
  if (!topic || topic->empty() || !partition || !offset) {
    return fail(ErrorCode::kInvalidRecord,
                "no dead letter: source_topic, source_partition or source_offset is missing");
  }
  return DeadLetterSource{
      .partition = {*topic, *partition},
      .offset = *offset,
      .group = first(headers, "source_consumer_group").value_or(""),
      .attempts = number<int>(headers, "source_attempts").value_or(0),
      .trace_id = first(headers, "source_trace_id").value_or(""),
      .timestamp_ms = number<std::int64_t>(headers, "source_timestamp").value_or(-1),
      .error_class = first(headers, "source_error_class").value_or(""),
      .error_message = first(headers, "source_error_message").value_or("")};
}

Headers without_source(const Headers& headers) {
  Headers out;
  for (const auto& [name, value] : headers) {
    if (!name.starts_with(kSourcePrefix)) out.add(name, value);
  }
  return out;
}

}  // namespace rookery
