// command.h
//
// rookery-lint source: the rules of this house over files of a tree.
#pragma once

namespace CLI {
class App;
}

namespace rookery::lint {

void add_source_command(CLI::App& program, int& exit_code);

}  // namespace rookery::lint
