// duration.h
//
// Durations as people write them: "250ms", "60s", "5m", "2h", "10us". One number and one unit; no
// floating point.
#pragma once

#include <rookery/base/result.h>

#include <chrono>
#include <string>
#include <string_view>

namespace rookery {

// Errors: kInvalidArgument, naming the text and the units that are known.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

// The largest unit that keeps the value whole: 1500 ms -> "1500ms", 60000 ms -> "1m".
std::string format_duration(std::chrono::nanoseconds duration);

}  // namespace rookery
