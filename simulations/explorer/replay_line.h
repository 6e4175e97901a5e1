// replay_line.h
//
// One short line that names a run.
//
// It holds what the run's tapes are made of, the trace hash that the run had (so that a replay can
// say whether it is the same run still), and a check against typing errors. Two formats:
//
//   r1:  a seed. Sixteen hexadecimal digits of the seed, sixteen of the hash, four of the check.
//   r2:  a failure that was made smaller: the seed, the hash, the plan's draws, and which draws of
//        the seed's schedule and world are left. Bytes in base64url. Numbers are varints (seven
//        bits a byte, the lowest first); the hash is eight bytes, lowest first; then a byte of
//        flags (1 plan, 2 schedule, 4 world) and what they announce. A plan: how many bytes it
//        takes, its numbers, each zero followed by how many more follow it. Ranges: how many; of
//        each the gap before it and its length. Three bytes of check at the end.
#pragma once

#include <rookery/base/result.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "simulations/world/run_tape.h"

namespace rookery::sim {

struct ReplayLine {
  RunSource source;
  std::uint64_t trace_hash = 0;

  friend bool operator==(const ReplayLine&, const ReplayLine&) = default;
};

// r1 where that is enough.
std::string text(const ReplayLine& line);
// Errors: kInvalidArgument, saying what is wrong with it.
Result<ReplayLine> parse_replay_line(std::string_view text);

}  // namespace rookery::sim
