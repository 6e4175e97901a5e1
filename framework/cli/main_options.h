// main_options.h
//
// What a program says of its command line (main.h): its description, commands of its own, and what
// every client is configured with.
#pragma once

#include <rookery/health/health.h>
#include <rookery/transport/transport.h>

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace rookery {

// A command of the program's own: `run` gets the words after its name (options and all) and answers
// the exit code. One named "simulate" stands in place of the word that says how to get it:
// rookery::testing::simulate_command gives it (simulations/explorer/simulate_command.h).
struct Command {
  std::string name;
  std::string help;  // one line
  std::function<int(const std::vector<std::string>&)> run;
  // Tells completion of the options that `run` reads; null: it knows none.
  std::function<void(CLI::App& word)> add_options = {};
};

struct MainOptions {
  std::string description = {};  // the first line of help
  std::vector<Command> commands = {};
  ConfigMap kafka = {};      // for every client
  HealthLimits health = {};  // what --health-port calls alive
};

}  // namespace rookery
