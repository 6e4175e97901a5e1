// commands.h
//
// What each word of the archive program does. Each answers the exit code; errors are one line each
// on standard error.

#pragma once

#include "examples/archive/command_line.h"

namespace archive {

// Feeds, serves and reports in one process.
int run_all(const CommandLine& line);
int run_feed(const CommandLine& line);
// Until a signal.
int run_server(const CommandLine& line);
int run_report(const CommandLine& line);
// Without brokers: everything is done in this process first, and these are its dead letters.
int run_dlq(const CommandLine& line);
// Asks no broker.
int run_routes(const CommandLine& line);

}  // namespace archive
