// shape.h
//
// What two messages have in common that say the same of different things: numbers, addresses,
// partitions, identifiers and paths are left out, and what stands in braces, which lists things.
//
//   shape_of("Node 1 at 127.0.0.1:9092 is gone") == shape_of("Node 12 at 10.0.0.1:9094 is gone")
#pragma once

#include <string>
#include <string_view>

namespace rookery::lint {

std::string shape_of(std::string_view message);

}  // namespace rookery::lint
