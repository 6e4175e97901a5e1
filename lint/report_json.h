// report_json.h
//
// The two formats of a report that are JSON. Used by report.cc alone.
#pragma once

#include <iosfwd>
#include <string>

#include "lint/report.h"

namespace rookery::lint {

void write_json(std::ostream& out, const Findings& findings);
void write_sarif(std::ostream& out, const Findings& findings, const Linter& linter);

// The message and the suggestion, on one line.
std::string sentence_of(const Finding& finding);

}  // namespace rookery::lint
