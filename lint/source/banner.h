// banner.h
//
// Rule banner: a .h or .cc begins with its name and says what it is for.

#pragma once

#include "lint/finding.h"
#include "lint/source/source_file.h"

namespace rookery::lint {

Findings check_banner(const SourceFile& file);

}  // namespace rookery::lint
