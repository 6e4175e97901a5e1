// log.h
//
// Events as log lines on standard error: "2026-01-01T00:00:00.000Z info [billing-1f] partitions
// assigned: orders.v1-[0,1]".
#pragma once

#include <rookery/instrumentation/events.h>

#include <functional>
#include <string>
#include <string_view>

namespace rookery {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

LogLevel level_of(const Event& event);

// The line without time, level and newline: "[origin] message (class; orders.v1-3 offset 17;
// attempt 2)".
std::string log_text(const Event& event);

// Logs every event of the monitor at or above the level. Lines of one process never mix.
void log_to_stderr(Monitor& monitor, LogLevel level = LogLevel::kInfo);

}  // namespace rookery
