// commands.h
//
// The words of rookery-lint. Each linter adds its own, in its own folder, with a function of this
// form; the callback writes the report on standard output and sets the exit code (report.h).
#pragma once

#include "lint/report.h"

namespace CLI {
class App;
}

namespace rookery::lint {

void add_topics_command(CLI::App& program, int& exit_code);

}  // namespace rookery::lint
