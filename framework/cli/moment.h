// moment.h
//
// Moments as people write and read them, in UTC.
#pragma once

#include <rookery/base/result.h>
#include <rookery/transport/record.h>

#include <string>
#include <string_view>

namespace rookery {

// "2h" (before `now`), "2026-11-24", "2026-11-24T12:30:00Z", also with a blank for the T, without
// the Z, without the seconds, and with milliseconds. Error: kInvalidArgument, naming the text.
Result<Timestamp> parse_moment(std::string_view text, Timestamp now);

// "2026-11-24T12:30:00.250Z". Producers may stamp records with anything, such as microseconds: a
// year that has more than four digits, or is before 0, stands with its sign (ISO 8601),
// "+58837-...".
std::string format_moment(Timestamp moment);

}  // namespace rookery
