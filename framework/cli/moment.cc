// moment.cc
//
// Digits at fixed places.
#include <rookery/cli/moment.h>

#include <rookery/base/duration.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

namespace rookery {
namespace {

using namespace std::chrono;

// So many digits, which are taken off the text.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int number = 0;
  for (const char digit : text.substr(0, digits)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + (digit - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char character) {
  if (text.empty() || text.front() != character) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Timestamp> take_date(std::string_view& text) {
  const auto year_number = take_number(text, 4);
  if (!year_number || !take(text, '-')) return std::nullopt;
  const auto month_number = take_number(text, 2);
  if (!month_number || !take(text, '-')) return std::nullopt;
  const auto day_number = take_number(text, 2);
  if (!day_number) return std::nullopt;
  const year_month_day date(year(*year_number), month(static_cast<unsigned>(*month_number)),
                            day(static_cast<unsigned>(*day_number)));
  if (!date.ok()) return std::nullopt;
  return Timestamp(sys_days(date).time_since_epoch());
}

// "12:30", "12:30:05", "12:30:05.250"
std::optional<milliseconds> take_time(std::string_view& text) {
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  milliseconds time = hours(*hour) + minutes(*minute);
  if (!take(text, ':')) return time;
  const auto second = take_number(text, 2);
  if (!second || *second > 59) return std::nullopt;
  time += seconds(*second);
  if (!take(text, '.')) return time;
  const auto fraction = take_number(text, 3);
  if (!fraction) return std::nullopt;
  return time + milliseconds(*fraction);
}

// Rounded down, and what is left, from 0 on.
std::pair<std::int64_t, std::int64_t> divided(std::int64_t number, std::int64_t by) {
  const std::int64_t left = number % by;
  return left < 0 ? std::pair(number / by - 1, left + by) : std::pair(number / by, left);
}

}  // namespace

Result<Timestamp> parse_moment(std::string_view text, Timestamp now) {
  if (const auto ago = parse_duration(text)) return now - duration_cast<milliseconds>(*ago);
  std::string_view rest = text;
  std::optional<Timestamp> moment = take_date(rest);
  if (moment && (take(rest, 'T') || take(rest, ' '))) {
    const std::optional<milliseconds> time = take_time(rest);
    moment = time ? std::optional(*moment + *time) : std::nullopt;
    if (moment) static_cast<void>(take(rest, 'Z'));
  }
  if (moment && rest.empty()) return *moment;
  return fail(ErrorCode::kInvalidArgument, "'" + std::string(text) +
                                               "' is neither a duration (2h) nor a time in UTC "
                                               "(2026-11-24, 2026-11-24T12:30:00Z)");
}

std::string format_moment(Timestamp moment) {
  constexpr std::int64_t kDayMs = 86'400'000;
  // The calendar repeats itself in 400 years, and year_month_day knows those to 32767 alone.
  constexpr std::int64_t kCycleDays = 146'097;
  const auto [day, ms] = divided(moment.time_since_epoch().count(), kDayMs);
  const auto [cycle, day_of_cycle] = divided(day, kCycleDays);
  const year_month_day date{sys_days(days(day_of_cycle))};
  const std::int64_t year = static_cast<int>(date.year()) + 400 * cycle;
  const hh_mm_ss<milliseconds> time{milliseconds(ms)};
  char text[64];
  std::snprintf(text, sizeof text, "%s%04lld-%02u-%02uT%02d:%02d:%02d.%03dZ",
                year > 9999 ? "+"
                : year < 0  ? "-"
                            : "",
                std::llabs(year), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text;
}

}  // namespace rookery
