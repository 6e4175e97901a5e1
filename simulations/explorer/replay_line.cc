// replay_line.cc
//
// Digits and their check.

#include "simulations/explorer/replay_line.h"

#include <rookery/runtime/generator.h>

#include <cstdio>
#include <optional>

namespace rookery::sim {
namespace {

constexpr std::string_view kPrefix = "r1:";
constexpr std::size_t kDigits = 16 + 16 + 4;

std::uint64_t check_of(const ReplayLine& line) {
  return scramble(line.seed ^ scramble(line.trace_hash)) & 0xffff;
}

std::optional<std::uint64_t> parse_hex(std::string_view digits) {
  std::uint64_t value = 0;
  for (char digit : digits) {
    if (digit >= '0' && digit <= '9') {
      value = value * 16 + static_cast<std::uint64_t>(digit - '0');
    } else if (digit >= 'a' && digit <= 'f') {
      value = value * 16 + static_cast<std::uint64_t>(digit - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

}  // namespace

std::string text(const ReplayLine& line) {
  char digits[kDigits + 1];
  std::snprintf(digits, sizeof digits, "%016llx%016llx%04llx",
                static_cast<unsigned long long>(line.seed),
                static_cast<unsigned long long>(line.trace_hash),
                static_cast<unsigned long long>(check_of(line)));
  return std::string(kPrefix) + digits;
}

Result<ReplayLine> parse_replay_line(std::string_view text) {
  const auto wrong = [&](const std::string& why) {
    return fail(ErrorCode::kInvalidArgument,
                "'" + std::string(text) + "' is no replay line: " + why);
  };
  if (!text.starts_with(kPrefix)) return wrong("it does not begin with r1:");
  const std::string_view digits = text.substr(kPrefix.size());
  if (digits.size() != kDigits) {
    return wrong("it has " + std::to_string(digits.size()) + " digits, not " +
                 std::to_string(kDigits));
  }
  const auto seed = parse_hex(digits.substr(0, 16));
  const auto hash = parse_hex(digits.substr(16, 16));
  const auto check = parse_hex(digits.substr(32));
  if (!seed || !hash || !check) return wrong("a digit is not hexadecimal");
  const ReplayLine line{*seed, *hash};
  if (check_of(line) != *check) return wrong("a digit was changed");
  return line;
}

}  // namespace rookery::sim
