// layering.h
//
// Includes point downwards only, as ARCHITECTURE.md draws it. Bazel's visibility refuses most wrong
// arrows; this refuses those within reach of one dependency, and those a narrow target would hide.
//
// Rules: layering (rooms and their order), librdkafka (who may see the library).

#pragma once

#include "lint/finding.h"
#include "lint/source/source_file.h"

namespace rookery::lint {

Findings check_layering(const SourceFile& file);

}  // namespace rookery::lint
