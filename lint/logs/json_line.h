// json_line.h
//
// A line that is a JSON object. Levels, loggers, messages and traces have the names that log4j's
// JsonLayout and JsonTemplateLayout, Elastic's schema (nested or dotted) and logstash give them.
//
//   json_line(R"({"level": "WARN", "logger": "kafka.log.LogManager", "message": "slow"})")
#pragma once

#include <optional>
#include <string_view>

#include "lint/logs/log_entry.h"

namespace rookery::lint {

struct JsonLine {
  LogEntry entry;
  // {"log": "...\n"}: the entry's message is a line of another format.
  bool is_envelope = false;
};

// Nothing when the line does not begin with a brace. Half an object, as a broker leaves that was
// killed, tells its level if that can still be read.
std::optional<JsonLine> json_line(std::string_view text);

}  // namespace rookery::lint
