// rules.h
//
// All rules over one file of the project: a source, a BUILD file, a script, or a document. What a
// marker allows (markers.h) is no finding.
//
//   Tree tree(read);
//   Lengths lengths;
//   const Findings findings = check_file("framework/base/bytes.cc", tree, lengths);
#pragma once

#include <string>
#include <vector>

#include "lint/finding.h"
#include "lint/report.h"
#include "lint/source/lengths.h"
#include "lint/source/source_file.h"
#include "lint/source/tree.h"

namespace rookery::lint {

// Findings that no marker allows, ordered by line.
Findings check_source(const SourceFile& file, Tree& tree, Lengths& lengths);
Findings check_build_file(const SourceFile& file);

// By what the path ends in: .h, .cc, .md, or BUILD; scripts also by how they begin (retries.h).
// Throws std::runtime_error for a file that cannot be read, and for one that no rule knows.
Findings check_file(const std::string& path, Tree& tree, Lengths& lengths);

const std::vector<Rule>& source_rules();

}  // namespace rookery::lint
