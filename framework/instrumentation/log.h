// log.h
//
// Events as log lines on standard error, as text or JSON:
//
//   2026-01-01T00:00:00.000Z info [billing-1f eu] partitions.assigned: orders.v1-[0,1] from
//   [17,earliest]
//
// The origin in brackets begins with the server's id.
#pragma once

#include <rookery/instrumentation/events.h>
#include <rookery/runtime/time.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace rookery {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
// "debug", "info", "warn", "error": in log.level, and in lines of JSON.
const char* name(LogLevel level);

LogLevel level_of(const Event& event);

// The line without time, level and newline: "[origin] message (class; orders.v1-3 offset 17;
// attempt 2)".
std::string log_text(const Event& event);

enum class LogFormat { kText, kJson };

// One JSON object, without newline: "time" (RFC 3339, UTC), "level", "server", "origin" (where it
// is more than the server), "event", "message", and, where there are such, "topic", "partition",
// "offset", "error_type", "error_class", "attempt", "trace_id", "fatal". What is no UTF-8 is
// replaced by U+FFFD.
std::string log_json(const Event& event, WallTime time);

struct LogOptions {
  LogLevel level = LogLevel::kInfo;  // what is less is not written
  LogFormat format = LogFormat::kText;
  // Of errors that are alike (similar_errors.h), so many of a second are written; of the rest a
  // line says how many, with the next line after it. 0: all.
  std::size_t similar_errors = 10;
};

// Logs every event of the monitor at or above the level. Lines of one process never mix. What
// cannot be written (a full disk) is lost, keeps nobody waiting, and is counted in an
// error.occurred of type "listener" in the log, as soon as that can be written.
void log_to_stderr(Monitor& monitor, const LogOptions& options = {});

}  // namespace rookery
