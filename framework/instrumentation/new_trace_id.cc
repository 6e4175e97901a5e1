// new_trace_id.cc
//
// Two draws of the dice, as digits.
#include <rookery/instrumentation/new_trace_id.h>

#include <rookery/runtime/random.h>

#include <cstdint>

namespace rookery {

std::string new_trace_id() {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string id;
  id.reserve(32);
  for (int word = 0; word < 2; ++word) {
    std::uint64_t draw = random_u64();
    for (int digit = 0; digit < 16; ++digit, draw >>= 4) id += kHex[draw & 15];
  }
  return id;
}

}  // namespace rookery
