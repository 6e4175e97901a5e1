// build_file.h
//
// Rule build-visibility: every package says who may depend on its targets, and only those that are
// meant for everybody say //visibility:public. What is public is promised; a table in the source
// names the packages that promise something.
//
// BUILD files are read as text: no macro is expanded. Markers are those of sources, behind '#'.
#pragma once

#include <string>
#include <string_view>

#include "lint/finding.h"
#include "lint/source/source_file.h"

namespace rookery::lint {

bool is_build_file(std::string_view path);

// A BUILD file as the rules see it, in the same form as a C++ source.
SourceFile parse_build(std::string path, std::string_view text);

Findings check_build(const SourceFile& file);

}  // namespace rookery::lint
