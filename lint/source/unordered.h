// unordered.h
//
// Rule unordered-iteration: in what is simulated, nothing walks over a container whose order
// depends on hashes or addresses. Same seed, same run: a loop in another order sends requests in
// another order, and the replay line of a failure replays something else.
//
// Containers are known by the names they are declared with, in the file itself and in the headers
// of this project that it includes: unordered ones, and maps and sets whose keys are pointers.
// Lookups are free. What is collected from one and sorted is allowed with a marker.
//
//   for (const auto& [key, value] : cache_) ...      // fires if cache_ is an unordered_map
#pragma once

#include "lint/finding.h"
#include "lint/source/source_file.h"
#include "lint/source/tree.h"

namespace rookery::lint {

Findings check_unordered(const SourceFile& file, Tree& tree);

}  // namespace rookery::lint
