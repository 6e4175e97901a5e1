// markers.h
//
// Comments that allow an exception where it is, with its reason:
//
//   const auto now = std::chrono::steady_clock::now();  // allow(os-time): measures the simulator
//   // allow-file(os-thread): the C11 threads that librdkafka calls
//
// A marker covers its own line and the one below it, or the whole file. It needs a reason, and it
// needs something to allow: one without either is a finding of the rule `allow`.
#pragma once

#include <string_view>

#include "lint/finding.h"
#include "lint/source/source_file.h"

namespace rookery::lint {

// What is left of the findings, with what is wrong about the markers, ordered by line. `leader` is
// what comments begin with: "//" or "#".
Findings without_allowed(const SourceFile& file, Findings findings, std::string_view leader);

}  // namespace rookery::lint
