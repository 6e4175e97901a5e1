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

namespace rookery {

// A command of the program's own: `run` gets the words after its name (options and all) and answers
// the exit code.
struct Command {
  std::string name;
  std::string help;  // one line
  std::function<int(const std::vector<std::string>&)> run;
};

struct MainOptions {
  std::string description = {};  // the first line of help
  std::vector<Command> commands = {};
  ConfigMap kafka = {};      // for every client
  HealthLimits health = {};  // what --health-port calls alive
};

}  // namespace rookery
