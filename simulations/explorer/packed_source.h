// packed_source.h
//
// The bytes of an r2 replay line, as letters of base64url. The format is written in replay_line.h.
#pragma once

#include <rookery/base/result.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "simulations/world/run_tape.h"

namespace rookery::sim {

struct Unpacked {
  RunSource source;
  std::uint64_t trace_hash = 0;
};

// Letters of any bytes, with their check.
std::string pack_bytes(std::string bytes);
std::string pack(const RunSource& source, std::uint64_t trace_hash);
// Errors: kInvalidArgument, saying what is wrong with it.
Result<Unpacked> unpack(std::string_view letters);

}  // namespace rookery::sim
