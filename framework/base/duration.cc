// duration.cc
//
// Parsing and printing of durations.
#include <rookery/base/duration.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

namespace rookery {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr std::array<Unit, 6> kUnits = {{{"h", 3'600'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"s", 1'000'000'000},
                                         {"ms", 1'000'000},
                                         {"us", 1'000},
                                         {"ns", 1}}};

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const auto wrong = [text] {
    return fail(
        ErrorCode::kInvalidArgument,
        "'" + std::string(text) + "' is no duration; write one number and one of ns us ms s m h");
  };
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0) return wrong();
  const std::string_view unit_name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const Unit& unit : kUnits) {
    if (unit.name != unit_name) continue;
    if (count > std::numeric_limits<std::int64_t>::max() / unit.nanoseconds) return wrong();
    return std::chrono::nanoseconds(count * unit.nanoseconds);
  }
  return wrong();
}

std::string format_duration(std::chrono::nanoseconds duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0s";
  for (const Unit& unit : kUnits) {
    if (count % unit.nanoseconds == 0) {
      return std::to_string(count / unit.nanoseconds) + std::string(unit.name);
    }
  }
  return std::to_string(count) + "ns";
}

}  // namespace rookery
