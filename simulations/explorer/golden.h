// golden.h
//
// The whole text of a failure, as people read it, against a file of the sources. What differs with
// every change of the simulator is masked: the seed, the size before shrinking, the step, the
// letters of the replay line.
//
// To renew the files after a change of the text, run the test by `bazel run LABEL -- --renew`, and
// read the difference before committing it.
#pragma once

#include <cstdint>
#include <string>

#include "simulations/world/run_function.h"

namespace rookery::sim {

// The story of the first seed that fails: at most 25 lines, and those of `file` (from the root of
// the workspace, among the test's data). From within a test.
void expect_golden_story(const RunFunction& run, std::uint64_t seeds, const std::string& file);

}  // namespace rookery::sim
