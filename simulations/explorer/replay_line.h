// replay_line.h
//
// One short line that names a run: "r1:" and hexadecimal digits.
//
// Holds the seed, the trace hash that the run had (so that a replay can say whether it is the same
// run still), and a check against typing errors. The format: sixteen digits of the seed, sixteen of
// the hash, most significant first, then four of the check.
#pragma once

#include <rookery/base/result.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace rookery::sim {

struct ReplayLine {
  std::uint64_t seed = 0;
  std::uint64_t trace_hash = 0;

  friend bool operator==(const ReplayLine&, const ReplayLine&) = default;
};

std::string text(const ReplayLine& line);
// Errors: kInvalidArgument, saying what is wrong with it.
Result<ReplayLine> parse_replay_line(std::string_view text);

}  // namespace rookery::sim
