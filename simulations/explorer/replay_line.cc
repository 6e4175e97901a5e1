// replay_line.cc
//
// Which format it is; digits and their check of the first one.

#include "simulations/explorer/replay_line.h"

#include <rookery/runtime/generator.h>

#include <cstdio>
#include <optional>

#include "simulations/explorer/packed_source.h"

namespace rookery::sim {
namespace {

constexpr std::string_view kSeedPrefix = "r1:";
constexpr std::string_view kPackedPrefix = "r2:";
constexpr std::size_t kDigits = 16 + 16 + 4;
constexpr std::size_t kQuotedMost = 60;

std::uint64_t check_of(std::uint64_t seed, std::uint64_t hash) {
  return scramble(seed ^ scramble(hash)) & 0xffff;
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

Result<ReplayLine> parse_digits(std::string_view digits) {
  const auto wrong = [](std::string why) {
    return fail(ErrorCode::kInvalidArgument, std::move(why));
  };
  if (digits.size() != kDigits) {
    return wrong("it has " + std::to_string(digits.size()) + " digits, not " +
                 std::to_string(kDigits));
  }
  const auto seed = parse_hex(digits.substr(0, 16));
  const auto hash = parse_hex(digits.substr(16, 16));
  const auto check = parse_hex(digits.substr(32));
  if (!seed || !hash || !check) return wrong("a digit is not hexadecimal");
  if (check_of(*seed, *hash) != *check) return wrong("a digit was changed");
  return ReplayLine{{.seed = *seed}, *hash};
}

}  // namespace

std::string text(const ReplayLine& line) {
  const RunSource& source = line.source;
  if (source.plan || source.schedule || source.world) {
    return std::string(kPackedPrefix) + pack(source, line.trace_hash);
  }
  char digits[kDigits + 1];
  std::snprintf(digits, sizeof digits, "%016llx%016llx%04llx",
                static_cast<unsigned long long>(source.seed),
                static_cast<unsigned long long>(line.trace_hash),
                static_cast<unsigned long long>(check_of(source.seed, line.trace_hash)));
  return std::string(kSeedPrefix) + digits;
}

Result<ReplayLine> parse_replay_line(std::string_view text) {
  Result<ReplayLine> line = fail(ErrorCode::kInvalidArgument, "it does not begin with r1: or r2:");
  if (text.starts_with(kSeedPrefix)) line = parse_digits(text.substr(kSeedPrefix.size()));
  if (text.starts_with(kPackedPrefix)) {
    Result<Unpacked> unpacked = unpack(text.substr(kPackedPrefix.size()));
    if (unpacked) return ReplayLine{std::move(unpacked->source), unpacked->trace_hash};
    line = tl::unexpected(unpacked.error());
  }
  if (line) return line;
  std::string quoted(text.substr(0, kQuotedMost));
  if (quoted.size() < text.size()) quoted += "...";
  return fail(ErrorCode::kInvalidArgument,
              "'" + quoted + "' is no replay line: " + line.error().message);
}

}  // namespace rookery::sim
