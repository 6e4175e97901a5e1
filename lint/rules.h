// rules.h
//
// All rules over one source file, and the markers that allow an exception:
//
//   const auto now = std::chrono::steady_clock::now();  // allow(os-time): measures the simulator
//   // allow-file(os-thread): the C11 threads that librdkafka calls
//
// A marker covers its own line and the one below it, or the whole file. It needs a reason, and it
// needs something to allow: one without either is a finding of the rule `allow`.

#pragma once

#include "lint/finding.h"
#include "lint/source_file.h"

namespace rookery::lint {

// Findings that no marker allows, ordered by line.
Findings check_source(const SourceFile& file);

}  // namespace rookery::lint
