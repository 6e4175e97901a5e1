// dlq_text.h
//
// Dead letters as text for a terminal, and as JSON. Bytes that are no text never reach a terminal:
// they are shown in hex; in JSON they are base64.
#pragma once

#include <rookery/recovery/dead_letter.h>
#include <rookery/transport/record.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rookery {

// What a list says of one.
struct ListedDeadLetter {
  TopicPartitionOffset place;
  Timestamp time{};  // when it was written
  DeadLetterSource source;
};
struct DeadLetterList {
  std::vector<ListedDeadLetter> letters;
  std::uint64_t matched = 0;  // those left out included
  std::uint64_t others = 0;   // records in these topics that are no dead letters
};

// What a redrive did, or would do.
struct RedriveCounts {
  std::uint64_t matched = 0;
  std::map<std::string, std::uint64_t> sent;  // acknowledged (dry: matched), by topic
  std::uint64_t failed = 0;
  std::uint64_t others = 0;
  bool is_dry = false;

  std::uint64_t sent_in_all() const;
};

// "orders.v1.dlq-3@17"
std::string place_text(const TopicPartitionOffset& place);

// One line each, cut to so many columns (0: not cut).
std::string list_text(const DeadLetterList& list, std::size_t width);
std::string list_json(const DeadLetterList& list);
// The record whole; `source` as read from it.
std::string letter_text(const Record& record, const DeadLetterSource& source);
std::string letter_json(const Record& record, const DeadLetterSource& source);
std::string redrive_text(const RedriveCounts& counts);
std::string redrive_json(const RedriveCounts& counts);

}  // namespace rookery
