// os_rules.h
//
// Code may take time, threads and dice only from framework/runtime: what comes from the OS directly
// is invisible to the simulator, and a run could not be repeated from its seed.
//
// Rules: os-time, os-thread, os-dice, thread-local.

#pragma once

#include "lint/finding.h"
#include "lint/source/source_file.h"

namespace rookery::lint {

// Answers nothing for files of framework/runtime, which wraps what is banned elsewhere.
Findings check_os_use(const SourceFile& file);

}  // namespace rookery::lint
