// formats.h
//
// The beginnings of entries, in the formats that brokers write:
//
//   [2026-11-24 05:07:14,123] WARN message (logger)         Kafka's own log4j pattern
//   2026-11-24T05:07:14.123Z [thread] WARN message          without brackets, with a thread
//   {"level": "WARN", "logger": ..., "message": ...}        JSON lines: log4j's, ECS, logstash
//   {"log": "[2026-11-24 ...] WARN ...\n"}                  the same, wrapped by Docker
//
// and what Java says past all loggers: "Exception in thread", OutOfMemoryError, a crash of the VM,
// SLF4J's and log4j's own complaints.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "lint/logs/line_reader.h"
#include "lint/logs/log_entry.h"

namespace rookery::lint {

// The entry that a line begins; nothing when it continues another one. `is_first`: the line may be
// the second half of one, as in a log that was cut. File and line are left to the caller.
std::optional<LogEntry> entry_in(const Line& line, bool is_first);

// What Java itself says; `is_in_trace`: below a warning or an error, whose trace may look alike.
std::optional<LogEntry> java_entry_in(std::string_view text, bool is_in_trace);

// A broker that was killed leaves half a line, behind which the next one begins. The pieces.
std::vector<std::string_view> torn_apart(std::string_view text);

// Moves " (logger)" from the end of a text to where it belongs; false when there is none.
bool take_logger(std::string& text, std::string& logger);

}  // namespace rookery::lint
