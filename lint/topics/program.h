// program.h
//
// Asks a Rookery program for its routes: `PROGRAM routes --format json`. Nothing of it is started,
// and no broker is needed.
#pragma once

#include <string>

namespace rookery::lint {

// What it printed. False, and `error` is a line, when it cannot be run, or printed no routes: with
// the first line of its complaint. Exit code 1 with routes is fine: they have mistakes.
bool ask_for_routes(const std::string& program, std::string& json, std::string& error);

}  // namespace rookery::lint
