// routes.h
//
// The routes of a Rookery program, as `PROGRAM routes --format json` prints them.
#pragma once

#include <string>

#include <rookery/base/node.h>
#include "lint/topics/topic.h"

namespace rookery::lint {

// Whether a document is such routes.
bool is_routes(const Node& root);

// Adds them. file: "-", the file the document stands in, or the program's name. False, and `error`
// is a line, when they are of a later form than this linter knows.
bool read_routes(const Node& root, const std::string& file, Topics& topics, std::string& error);

}  // namespace rookery::lint
