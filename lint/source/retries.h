// retries.h
//
// Rule retries: a test that fails has failed. Nothing runs it again until it passes: no target is
// declared flaky, and no call of Bazel asks for several attempts.
//
// Read are BUILD and .bzl files, scripts and configurations. Running a test several times, to see
// whether it fails once (--runs_per_test), is the opposite and welcome.
#pragma once

#include <string_view>

#include "lint/finding.h"
#include "lint/source/source_file.h"

namespace rookery::lint {

// Scripts and configurations, where '#' begins a comment: .sh, .bzl, .yml, .yaml, .bazelrc, and
// what begins with "#!".
bool is_script(std::string_view path, std::string_view text);

// Comments may name them. The file is taken apart by parse_build (build_file.h).
Findings check_retries(const SourceFile& file);

}  // namespace rookery::lint
