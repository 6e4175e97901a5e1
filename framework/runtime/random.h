// random.h
//
// Dice. On a fiber they are the simulation's tape; on an OS thread a generator of the thread's own,
// seeded by the system. Not for secrets. At most one draw in a full expression: compilers evaluate
// arguments in different orders.

#pragma once

#include <cstdint>

#include <rookery/runtime/fiber_runtime.h>

namespace rookery {

namespace detail {
std::uint64_t os_random_u64();
}  // namespace detail

inline std::uint64_t random_u64() {
  if (FiberRuntime* runtime = current_runtime()) [[unlikely]]
    return runtime->random_u64();
  return detail::os_random_u64();
}

// In [0, bound); 0 when bound is 0. The bias is below bound / 2^64.
inline std::uint64_t random_below(std::uint64_t bound) {
  if (FiberRuntime* runtime = current_runtime()) [[unlikely]]
    return runtime->random_below(bound);
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(detail::os_random_u64()) * bound) >> 64);
}

}  // namespace rookery
