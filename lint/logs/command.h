// command.h
//
// rookery-lint logs: what brokers warned of and nobody has explained.
#pragma once

namespace CLI {
class App;
}

namespace rookery::lint {

void add_logs_command(CLI::App& program, int& exit_code);

}  // namespace rookery::lint
