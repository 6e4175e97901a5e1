// allocations.h
//
// Counts what C++ code of this program takes from the allocator (operator new in all its forms).
// librdkafka is C and calls malloc: what it allocates is not counted.
#pragma once

#include <cstdint>

namespace rookery::bench {

// From now on, or no more. Off at first: counting costs every allocation a little.
void count_allocations(bool is_on);
// Since the program's start, while counting was on.
std::uint64_t allocations();

}  // namespace rookery::bench
